package loupe.state.checkpoint;

import java.nio.file.Path;
import java.util.Locale;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeSaving;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.Workbench;

/** Writes open checkpoints in the forms other libraries read, in the background. JavaFX thread only. */
public final class CheckpointSaving {
    private final Workbench workbench;

    public CheckpointSaving(Workbench workbench) {
        this.workbench = workbench;
    }

    /** The suggested file name for a checkpoint; empty while none is open on that side. */
    public String suggestedName(CheckpointSide side, SaeSaving.Form form) {
        OpenSae open = side.sae().get();
        if (open == null) {
            return "";
        }
        return fileName(open.id()) + "-" + form.label().replace(' ', '-').toLowerCase(Locale.ROOT) + form.suffix();
    }

    /** A checkpoint's name as part of the name of another file. */
    public static String fileName(SaeId sae) {
        int dot = sae.name().lastIndexOf('.');
        String name = dot > 0 ? sae.name().substring(0, dot) : sae.name();
        return name.replaceAll("[^\\p{L}\\p{N}._-]+", "-");
    }

    /** Saves the checkpoint of a side, read as it is open, and posts a notice with its path or the failure. */
    public void save(CheckpointSide side, SaeSaving.Form form, Path target) {
        OpenSae open = side.sae().get();
        if (open == null) {
            return;
        }
        SaeOptions options = workbench.readAs(side);
        Cancellation cancellation = new Cancellation();
        Activity.Job job = workbench.activity().begin("Saving " + target.getFileName(), cancellation::cancel);
        Runnable written = workbench.activity().unfinished(target + " is being written");
        workbench.service().files().execute(() -> {
            try {
                SaeSaving.save(SaeFile.read(open.path(), options), form, target, cancellation);
                workbench.fx().execute(() -> workbench.notices().addSaved(target));
            } catch (RuntimeException | Error failure) {
                workbench
                        .fx()
                        .execute(() -> workbench.notices().add("Saving " + target.getFileName(), Problem.of(failure)));
            } finally {
                written.run();
                job.end();
            }
        });
    }
}

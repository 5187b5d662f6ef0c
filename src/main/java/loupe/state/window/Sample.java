package loupe.state.window;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.sae.checkpoint.SaeOptions;

/**
 * The sample that comes with the program: a small model, two checkpoints of one training and a corpus beside them.
 *
 * @param folder that holds them
 */
public record Sample(Path folder) {
    /** The feature that the sample opens on: colours, which its examples, its tree and its token list all show. */
    public static final int FEATURE = 866;

    /** The sample in a folder; empty if its model is not there. */
    public static Optional<Sample> in(Path folder) {
        return Optional.of(new Sample(folder)).filter(sample -> Files.isDirectory(sample.model()));
    }

    public Path model() {
        return folder.resolve("glossary");
    }

    public Path checkpoint() {
        return folder.resolve("sae-topk");
    }

    /** The same training, stopped early: what {@link #checkpoint} is compared with. */
    public Path earlyCheckpoint() {
        return folder.resolve("sae-topk-early");
    }

    /** The checkpoint to begin with, and how it is read; none where only the model is installed. */
    public Optional<Session.Checkpoint> toOpen() {
        return Files.exists(checkpoint())
                ? Optional.of(new Session.Checkpoint(checkpoint().toString(), Map.of()))
                : Optional.empty();
    }

    /** Opens it in place of what is open, at {@link #FEATURE}. */
    public void open(Workbench workbench) {
        workbench.openModel(
                model(),
                opened -> workbench.openCheckpoint(
                        workbench.a(),
                        checkpoint(),
                        SaeOptions.AS_STORED,
                        sae -> workbench.selection().select(new FeatureRef(sae.id(), FEATURE))));
    }

    /** Whether its model and its first checkpoint are what is open. */
    public boolean isOpen(Workbench workbench) {
        OpenModel model = workbench.model().get();
        OpenSae a = workbench.a().sae().get();
        return model != null && a != null && same(model.folder(), model()) && same(a.path(), checkpoint());
    }

    /** Whether two paths name the same place, however they are written. */
    public static boolean same(Path one, Path other) {
        return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }
}

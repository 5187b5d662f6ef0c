package loupe.state.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import loupe.TinySae;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeSaving.Form;
import loupe.state.FakeService;
import loupe.state.window.Activity;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointSavingTest {
    @TempDir
    Path folder;

    private final FakeService service = new FakeService();
    private final Workbench workbench =
            new Workbench(service, Runnable::run, new Notices(Clock.systemUTC()), new Activity(Runnable::run, () -> 0));
    private final CheckpointSaving saving = new CheckpointSaving(workbench);

    @Test
    void theOpenCheckpointIsSavedInTheBackgroundAndTheUserToldWhere() throws IOException {
        Path sae = open();
        assertThat(saving.suggestedName(workbench.a(), Form.PLAIN)).isEqualTo("sae-plain-safetensors.safetensors");
        Path target = folder.resolve("as-dictionary");
        saving.save(workbench.a(), Form.DICTIONARY_LEARNING, target);
        SaeFile back = SaeFile.read(target, SaeOptions.AS_STORED);
        assertThat(back.format()).isEqualTo("dictionary-learning");
        assertThat(back.config().hook())
                .isEqualTo(SaeFile.read(sae, SaeOptions.AS_STORED).config().hook());
        assertThat(workbench.notices().all().get(0).text()).isEqualTo("Saved " + target);
        assertThat(workbench.activity().jobs()).isEmpty();
    }

    @Test
    void whatCannotBeSavedIsToldAsAProblem() throws IOException {
        Path sae = open();
        saving.save(workbench.a(), Form.SAELENS, sae);
        assertThat(workbench.notices().all().get(0).problem().expected()).isTrue();
        assertThat(workbench.notices().all().get(0).text())
                .contains("Saving sae")
                .contains("something here already");
        assertThat(workbench.activity().jobs()).isEmpty();
    }

    @Test
    void nothingHappensWhileNoCheckpointIsOpen() {
        saving.save(workbench.b(), Form.PLAIN, folder.resolve("nothing.safetensors"));
        assertThat(saving.suggestedName(workbench.b(), Form.PLAIN)).isEmpty();
        assertThat(folder.resolve("nothing.safetensors")).doesNotExist();
        assertThat(workbench.notices().all()).isEmpty();
    }

    private Path open() throws IOException {
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        SaeFile file = SaeFile.read(sae, SaeOptions.AS_STORED);
        service.saes.put(
                sae,
                CompletableFuture.completedFuture(
                        new OpenSae(new SaeId("sae", "1"), sae, file.config(), List.of(), "weights")));
        workbench.openCheckpoint(workbench.a(), sae, SaeOptions.AS_STORED);
        return sae;
    }
}

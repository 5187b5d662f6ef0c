package loupe.app.command;

import static loupe.app.command.CommandRun.json;
import static loupe.app.command.CommandRun.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import loupe.Trial;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A transcoder of a Llama's MLP, through the command line. */
@Timeout(120)
class ModuleHooksCommandTest {
    private static final String IDS = "1,5,9,33,12,7,60,2,3,4,11";

    @TempDir
    private Path folder;

    @Test
    void theInputOfAModuleAndItsFeaturesAreTheLibrarys() {
        Path trial = Trial.folder("sparsify-transcoder-on-llama");
        Path expected = trial.resolve("expected.safetensors");
        Path forward = folder.resolve("forward.safetensors");
        Path features = folder.resolve("features.safetensors");
        json(
                "forward",
                "--model",
                trial.resolve("model"),
                "--ids",
                IDS,
                "--hooks",
                "model.layers.1.mlp.input",
                "--out",
                forward);
        same(read(forward, "blocks.1.mlp.hook_in"), read(expected, "mlp_input"));
        same(read(forward, "model.layers.1.mlp.input"), read(expected, "mlp_input"));
        String place = json("inspect", trial.resolve("sae/layers.1.mlp"))
                .at("/sae/hook")
                .asText();
        assertThat(place).isEqualTo("blocks.1.mlp.hook_in");
        json("encode", "--sae", trial.resolve("sae/layers.1.mlp"), "--input", forward + ":" + place, "--out", features);
        same(read(features, "features"), read(expected, "features"));
    }

    private static void same(HostTensor found, HostTensor expected) {
        assertThat(found.data()).hasSameSizeAs(expected.data());
        for (int i = 0; i < expected.data().length; i++) {
            assertThat(found.data()[i]).as("element %d", i).isCloseTo(expected.data()[i], within(1e-4f));
        }
    }
}

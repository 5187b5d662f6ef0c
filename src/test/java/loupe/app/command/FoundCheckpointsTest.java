package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import loupe.Trial;
import loupe.app.cli.ExitCode;
import loupe.base.HookPoint;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.format.TorchWriter;
import loupe.index.PathKind;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where a checkpoint lies and what its file is called: the part of the path that was published decides, and what the
 * file holds. Expected features were computed in float64 with numpy.
 */
class FoundCheckpointsTest {
    private static final String GEMMA = "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71";
    private static final Path GEMMA_FILE =
            Trial.folder("gemma-scope-parent-folders/plain/" + GEMMA).resolve("params.npz");
    private static final String REVISION = "0123456789abcdef0123456789abcdef01234567";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "my-mlp-study",
                "transcoder-work",
                "probe_layer_3",
                "embedding",
                "gemma-scope-2b-pt-att/layer_1",
                "gemma-scope-experiments/embedding",
                "x-att",
            })
    void theUsersOwnFoldersSayNothingAboutAReleaseBelowThem(String parent) throws IOException {
        Path sae = Files.createDirectories(folder.resolve(parent).resolve(GEMMA));
        Files.copy(GEMMA_FILE, sae.resolve("params.npz"));

        requireGemmaScope(sae);
    }

    @ParameterizedTest
    @ValueSource(strings = {"embedding", "my-mlp-study", "probe_layer_3"})
    void withoutTheReleasesFolderTheLastThreeDecide(String parent) throws IOException {
        Path sae = Files.createDirectories(folder.resolve(parent).resolve("layer_20/width_16k/average_l0_71"));
        Files.copy(GEMMA_FILE, sae.resolve("params.npz"));

        SaeFile file = SaeFile.read(sae, SaeOptions.AS_STORED);

        assertThat(file.proposal().hook()).contains(HookPoint.residPost(20));
        assertThat(file.warnings()).anyMatch(warning -> warning.contains("no folder is named after a release"));
        requireFeatures(sae, Trial.folder("gemma-scope-parent-folders"));
    }

    @ParameterizedTest
    @CsvSource({
        "gemma-scope-9b-pt-mlp, blocks.20.hook_mlp_out, gemma-2-9b",
        "gemma-scope-9b-pt-att, blocks.20.attn.hook_z, gemma-2-9b",
        "gemma-scope-2b-pt-transcoders, blocks.20.ln2.hook_normalized, gemma-2-2b",
        "gemma-scope-27b-pt-res, blocks.20.hook_resid_post, gemma-2-27b",
        "gemma-scope-9b-it-res, blocks.20.hook_resid_post, gemma-2-9b-it",
        "google_gemma-scope-9b-it-mlp, blocks.20.hook_mlp_out, gemma-2-9b-it",
    })
    void theReleasesFolderSaysWhichModelAndActivations(String release, String hook, String model) throws IOException {
        Path sae = Files.createDirectories(folder.resolve(release).resolve("layer_20/width_16k/average_l0_71"));
        Files.copy(GEMMA_FILE, sae.resolve("params.npz"));

        SaeFile file = SaeFile.read(sae, SaeOptions.AS_STORED);

        assertThat(file.proposal().hook().map(HookPoint::name)).contains(hook);
        assertThat(file.model()).isEqualTo(model);
    }

    @ParameterizedTest
    @ValueSource(strings = {"renamed.npz", "renamed", "b34ed7ea66622dd4", "params.bin", "params.safetensors", "x.ckpt"})
    void aGemmaScopeFileIsKnownByWhatItHolds(String name) throws IOException {
        Path sae = Files.createDirectories(folder.resolve(GEMMA));
        Files.copy(GEMMA_FILE, sae.resolve(name));

        requireGemmaScope(sae);
        requireGemmaScope(sae.resolve(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ae.pth", "ae.bin", "ae.ckpt", "ae", "9f86d081884c7d65", "AE.PT"})
    void aTorchFileIsKnownByWhatItHolds(String name) throws IOException {
        Path trial = Trial.folder("dl-intermediate-checkpoint");
        Path run = trial.resolve("resid_post_layer_15/trainer_0");
        Path copy = Files.createDirectories(folder.resolve("resid_post_layer_15/trainer_0"));
        Files.copy(run.resolve("config.json"), copy.resolve("config.json"));
        Files.copy(run.resolve("checkpoints/ae_316.pt"), copy.resolve(name));

        assertThat(PathKind.of(copy)).isEqualTo(PathKind.CHECKPOINT);
        requireFeatures(copy, trial);
        requireFeatures(copy.resolve(name), trial);
    }

    @Test
    void anEarlierStateOfARunHasTheRunsConfiguration() {
        Path trial = Trial.folder("dl-intermediate-checkpoint");
        Path checkpoints = trial.resolve("resid_post_layer_15/trainer_0/checkpoints");

        for (Path sae : List.of(checkpoints, checkpoints.resolve("ae_316.pt"))) {
            requireFeatures(sae, trial);
            JsonNode inspected = CommandRun.json("inspect", sae);
            assertThat(inspected.path("sae").path("activation").asText()).isEqualTo("batchtopk");
            assertThat(inspected.path("sae").path("model").asText()).isEqualTo("meta-llama/Llama-3.1-8B-Instruct");
            assertThat(inspected.path("sae").path("hook").asText()).isEqualTo("blocks.15.hook_resid_post");
            assertThat(inspected.path("config").path("trainer").path("k").asInt())
                    .isEqualTo(4);
        }
    }

    @Test
    void onlyAFolderOfEarlierStatesLooksOneFolderUp() throws IOException {
        Path run = Trial.folder("dl-intermediate-checkpoint").resolve("resid_post_layer_15/trainer_0");
        Path copy = Files.createDirectories(folder.resolve("trainer_0/other"));
        Files.copy(run.resolve("config.json"), copy.resolveSibling("config.json"));
        Files.copy(run.resolve("ae.pt"), copy.resolve("ae.pt"));

        assertThat(SaeFile.read(copy, SaeOptions.AS_STORED).settings()).isEmpty();
    }

    @Test
    void theFolderOfADownloadCacheIsTheCheckpointInItsSnapshot() throws IOException {
        Path cache = cache("models--google--gemma-scope-2b-pt-res");
        Path snapshot = cache.resolve("snapshots").resolve(REVISION);

        for (Path sae : List.of(folder, cache, cache.resolve("snapshots"), snapshot, snapshot.resolve("layer_20"))) {
            requireGemmaScope(sae);
        }
    }

    @Test
    void aBlobIsReadAsTheFileThatLinksToIt() throws IOException {
        Path cache = cache("models--google--gemma-scope-2b-pt-res");

        requireGemmaScope(cache.resolve("blobs/b34ed7ea66622dd4a9c5c6757c98e252ac34dffe6a9d362ad1b5b7029320c67d"));
    }

    @Test
    void ofSeveralCachedRepositoriesTheOnlyCheckpointIsFound() throws IOException {
        cache("models--google--gemma-scope-2b-pt-res");
        cache("models--meta-llama--Llama-tiny");

        requireGemmaScope(folder);
    }

    @Test
    void aFileOfAnyNameBelowASnapshotIsFound() throws IOException {
        Path cache = cache("models--google--gemma-scope-2b-pt-res");
        Path link = cache.resolve("snapshots").resolve(REVISION).resolve("layer_20/width_16k/average_l0_71/params.npz");
        Files.move(link, link.resolveSibling("weights.npz"));

        requireGemmaScope(cache);
    }

    @Test
    void aLinkWhoseBlobIsGoneIsNamed() throws IOException {
        Path cache = cache("models--google--gemma-scope-2b-pt-res");
        String blob = "b34ed7ea66622dd4a9c5c6757c98e252ac34dffe6a9d362ad1b5b7029320c67d";
        Files.delete(cache.resolve("blobs").resolve(blob));

        CommandRun refused = CommandRun.of("inspect", cache);

        assertThat(refused.code).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.err)
                .contains(
                        "params.npz: this symbolic link leads to ",
                        blob + ", which is not there; expected the file it leads to. Download the file again.");
        assertThat(refused.err.replace(folder.toString(), "")).hasSizeLessThan(400);
    }

    @Test
    void theTextOfALinkIsNoLink() {
        CommandRun refused = CommandRun.of("inspect", Trial.folder("hub-cache/models--google--gemma-scope-2b-pt-res"));

        assertThat(refused.code).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.err).contains("this is the text of a link to ../../../../../blobs/b34ed7ea");
    }

    @ParameterizedTest
    @CsvSource({
        "mlp_post_act/resid_post_mlp_v5_32k/autoencoders/8, blocks.8.hook_resid_post",
        "resid_delta_attn/mlp_post_act/autoencoders/8.pt, blocks.8.mlp.hook_post",
        "resid_post_mlp/a/b/c/8.pt, ''",
    })
    void theInnermostFolderNamesThePlaceOfAnOpenAiFile(String path, String hook) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        new TorchWriter()
                .add("pre_bias", new HostTensor(new float[2], 2))
                .add("latent_bias", new HostTensor(new float[3], 3))
                .add("encoder.weight", new HostTensor(new float[6], 3, 2))
                .add("decoder.weight", new HostTensor(new float[6], 2, 3))
                .write(file);

        assertThat(SaeFile.read(file, SaeOptions.AS_STORED)
                        .proposal()
                        .hook()
                        .map(HookPoint::name)
                        .orElse(""))
                .isEqualTo(hook);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "_orig_mod.",
                "module.",
                "module._orig_mod.",
                "state_dict.",
                "state_dict.sae.",
                "state_dict.model.sae._orig_mod.",
                "module.autoencoder.",
                "model_state_dict.",
                "sae_state_dict.",
                "my_own_key.",
                "state_dict.my_autoencoder.",
            })
    void aWrappedStateDictIsReadAsItWouldBeWithoutIt(String prefix) throws IOException {
        Path trial = Trial.folder("dl-intermediate-checkpoint");
        Path run = trial.resolve("resid_post_layer_15/trainer_0");
        Files.copy(run.resolve("config.json"), folder.resolve("config.json"));
        TorchWriter writer = new TorchWriter();
        try (TensorArchive plain = TensorArchives.open(run.resolve("checkpoints/ae_316.pt"))) {
            for (String name : plain.names()) {
                writer.add(prefix + name, plain.tensor(name).toHost());
            }
        }
        writer.add("optimizer.state.0.exp_avg", new HostTensor(new float[4], 2, 2));
        writer.write(folder.resolve("ae.pt"));

        assertThat(PathKind.of(folder.resolve("ae.pt"))).isEqualTo(PathKind.CHECKPOINT);
        requireFeatures(folder, trial);
    }

    @Test
    void theCheckpointOfADataParallelRunOpens() {
        JsonNode inspected = CommandRun.json(
                "inspect", Trial.folder("compiled-prefix").resolve("sae-ddp").resolve("ae.pt"));

        assertThat(inspected.path("format").asText()).isEqualTo("dictionary-learning");
        assertThat(inspected.path("sae").path("dIn").asInt()).isEqualTo(8);
    }

    @Test
    void aCheckpointWithAPathOfPython313Opens() {
        JsonNode inspected = CommandRun.json(
                "inspect", Trial.folder("pickles").resolve("python-3.13-path").resolve("ae.pt"));

        assertThat(inspected.path("sae").path("dSae").asInt()).isEqualTo(24);
    }

    private void requireGemmaScope(Path sae) {
        assertThat(PathKind.of(sae)).isEqualTo(PathKind.CHECKPOINT);
        SaeFile file = SaeFile.read(sae, SaeOptions.AS_STORED);
        assertThat(file.format()).isEqualTo("gemma-scope");
        assertThat(file.proposal().hook()).contains(HookPoint.residPost(20));
        assertThat(file.model()).isEqualTo("gemma-2-2b");
        requireFeatures(sae, Trial.folder("gemma-scope-parent-folders"));
    }

    private void requireFeatures(Path sae, Path trial) {
        Path out = folder.resolve("out.safetensors");
        CommandRun done =
                CommandRun.of("encode", "--sae", sae, "--input", trial.resolve("x.safetensors") + ":x", "--out", out);
        assertThat(done.code).as(done.err).isZero();
        float[] features = CommandRun.read(out, "features").data();
        float[] expected = CommandRun.read(trial.resolve("expected.safetensors"), "features")
                .data();
        assertThat(features).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(features[i]).isCloseTo(expected[i], within(1e-4f));
        }
        try {
            Files.delete(out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A copy of a cache, with links where the trial has their texts. */
    private Path cache(String name) throws IOException {
        Path from = Trial.folder("hub-cache").resolve(name);
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                Path to = folder.resolve(name).resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(to);
                } else if (path.toString().contains("snapshots")) {
                    Files.createSymbolicLink(to, Path.of(Files.readString(path, StandardCharsets.UTF_8)));
                } else {
                    Files.copy(path, to);
                }
            }
        }
        return folder.resolve(name);
    }
}

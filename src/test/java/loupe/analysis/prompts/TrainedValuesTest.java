package loupe.analysis.prompts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import loupe.TinyModel;
import loupe.analysis.compare.SaeEvaluation;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.inference.ModelId;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.lm.Processing;
import loupe.sae.SparseFeatures;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Autoencoders of one head, and of processed weights, on the tiny model: 2 heads of 4. Tolerance 2e-5 unless it says
 * otherwise.
 */
class TrainedValuesTest {
    private static final int D_HEAD = TinyModel.CONFIG.dHead();
    private static final int HEADS = TinyModel.CONFIG.nHeads();
    private static final int FEATURES = 11;
    private static final int[] IDS = {5, 260, 17, 299, 0, 44, 17};

    @TempDir
    static Path folder;

    private static LocalInferenceService service;
    private static ModelId raw;
    private static ModelId processed;

    @BeforeAll
    static void open() throws IOException {
        service = new LocalInferenceService(Device.CPU);
        Path tiny = TinyModel.writeTo(folder.resolve("tiny"));
        raw = service.openModel(tiny, Processing.RAW)
                .toCompletableFuture()
                .join()
                .id();
        processed = service.openModel(tiny, Processing.PROCESSED)
                .toCompletableFuture()
                .join()
                .id();
    }

    @AfterAll
    static void giveBack() {
        service.close();
    }

    @ParameterizedTest
    @CsvSource({"Z, 0", "Z, 1", "Q, 1", "K, 0", "V, 1"})
    void anAutoencoderOfOneHeadReadsThatHead(Site site, int head) throws IOException {
        HookPoint at = new HookPoint(site, 1);
        HostTensor encoder = random(1, D_HEAD, FEATURES);
        SaeId sae = write("head-" + site + head, at, head, false, encoder, random(2, FEATURES, D_HEAD));
        float[] found = activations(raw, sae);
        HostTensor values = ask(new ForwardPass(raw, boxed(IDS), Map.of(), Set.of(at), false))
                .values()
                .get(at);
        for (int t = 0; t < IDS.length; t++) {
            for (int f = 0; f < FEATURES; f++) {
                double p = 0;
                for (int j = 0; j < D_HEAD; j++) {
                    p += (double) values.data()[(t * HEADS + head) * D_HEAD + j] * encoder.get(j, f);
                }
                assertThat((double) found[t * FEATURES + f])
                        .as("token %d, feature %d", t, f)
                        .isCloseTo(Math.max(p, 0), within(2e-5));
            }
        }
    }

    /** The processed model gives at once what an autoencoder trained on it knows; a raw one must be brought there. */
    @ParameterizedTest
    @CsvSource({
        "EMBED, -1, 8",
        "RESID_PRE, 1, 8",
        "RESID_POST, 1, 8",
        "ATTN_OUT, 0, 8",
        "MLP_OUT, 1, 8",
        "MLP_PRE, 1, 32",
        "MLP_POST, 0, 32",
        "Z, 1, 8"
    })
    void whatProcessedWeightsGiveIsFoundInARawModelToo(Site site, int layer, int width) throws IOException {
        HookPoint at = new HookPoint(site, layer);
        SaeId sae = write("processed-" + site, at, -1, true, random(3, width, FEATURES), random(4, FEATURES, width));
        assertSame(activations(raw, sae), activations(processed, sae));
    }

    @ParameterizedTest
    @CsvSource({"Z, 0", "V, 1", "Q, 1", "K, 0"})
    void soIsWhatTheyGiveInOneHead(Site site, int head) throws IOException {
        SaeId sae = write(
                "processed-head-" + site,
                new HookPoint(site, 1),
                head,
                true,
                random(5, D_HEAD, FEATURES),
                random(6, FEATURES, D_HEAD));
        assertSame(activations(raw, sae), activations(processed, sae));
    }

    /** Of z, b_V is a part that only the processed weights keep elsewhere: without it, other features fire. */
    @Test
    void itMattersForAttention() throws IOException {
        HookPoint at = new HookPoint(Site.Z, 1);
        float[] trained =
                activations(raw, write("z-processed", at, -1, true, random(7, 8, FEATURES), random(8, FEATURES, 8)));
        float[] other = activations(raw, write("z-raw", at, -1, false, random(7, 8, FEATURES), random(8, FEATURES, 8)));
        double furthest = 0;
        for (int i = 0; i < other.length; i++) {
            furthest = Math.max(furthest, Math.abs(other[i] - trained[i]));
        }
        assertThat(furthest).isGreaterThan(0.05);
    }

    /**
     * Perfect ones change nothing; zeros in one head are what an autoencoder of all heads that leaves this one out
     * writes.
     */
    @ParameterizedTest
    @CsvSource({"false", "true"})
    void whatOneHeadWritesLeavesTheOthersAlone(boolean onProcessed) throws IOException {
        HookPoint at = new HookPoint(Site.Z, 1);
        SaeId one = write("one" + onProcessed, at, 1, onProcessed, there(D_HEAD, 0), back(D_HEAD, 0));
        SaeId others =
                write("others" + onProcessed, at, -1, onProcessed, there(2 * D_HEAD, D_HEAD), back(2 * D_HEAD, D_HEAD));
        TokenRows rows = new TokenRows(new int[][] {IDS, {1, 2, 3, 4}});
        for (ModelId model : List.of(raw, processed)) {
            SaeEvaluation.Answer ofOne = ask(new SaeEvaluation(model, one, rows, Set.of()));
            SaeEvaluation.Answer ofOthers = ask(new SaeEvaluation(model, others, rows, Set.of()));
            assertThat(ofOne.ceSae()).isCloseTo(ofOne.ceClean(), within(1e-5));
            assertThat(ofOne.klSae()).isCloseTo(0, within(1e-5));
            assertThat(ofOne.ceZero()).isCloseTo(ofOthers.ceSae(), within(1e-5));
            assertThat(ofOne.klZero()).isCloseTo(ofOthers.klSae(), within(1e-5));
            assertThat(ofOne.klZero()).isGreaterThan(1e-3);
            assertThat(ofOne.metrics().cosine()).isCloseTo(1, within(1e-4));
        }
    }

    @Test
    void aHeadThatIsNotThereIsNamed() throws IOException {
        SaeId sae = write(
                "absent",
                new HookPoint(Site.Z, 0),
                2,
                false,
                random(9, D_HEAD, FEATURES),
                random(10, FEATURES, D_HEAD));
        assertThatThrownBy(() -> activations(raw, sae)).hasMessageContaining("blocks.0.attn.hook_z, head 2");
    }

    /**
     * (width, 2 width): x gives relu(x) and relu(-x), but nothing of the coordinates from {@code leftOut} on, if that
     * is not 0.
     */
    private static HostTensor there(int width, int leftOut) {
        float[] data = new float[width * 2 * width];
        for (int j = 0; j < (leftOut == 0 ? width : leftOut); j++) {
            data[j * 2 * width + j] = 1;
            data[j * 2 * width + width + j] = -1;
        }
        return new HostTensor(data, width, 2 * width);
    }

    /** (2 width, width): the transpose. */
    private static HostTensor back(int width, int leftOut) {
        HostTensor there = there(width, leftOut);
        float[] data = new float[there.data().length];
        for (int i = 0; i < data.length; i++) {
            data[i % (2 * width) * width + i / (2 * width)] = there.data()[i];
        }
        return new HostTensor(data, 2 * width, width);
    }

    /**
     * A SAELens folder without biases.
     *
     * @param head -1 for all of them
     */
    private static SaeId write(
            String name, HookPoint at, int head, boolean onProcessed, HostTensor encoder, HostTensor decoder)
            throws IOException {
        Path sae = Files.createDirectories(folder.resolve(name));
        int dIn = encoder.size(0);
        int dSae = encoder.size(1);
        new SafetensorsWriter()
                .add("W_enc", encoder)
                .add("b_enc", new HostTensor(new float[dSae], dSae))
                .add("W_dec", decoder)
                .add("b_dec", new HostTensor(new float[dIn], dIn))
                .write(sae.resolve("sae_weights.safetensors"));
        Map<String, Object> metadata = new HashMap<>(Map.of(
                "sae_lens_version",
                "6.18.0",
                "model_name",
                "tiny",
                "hook_name",
                at.name(),
                "model_from_pretrained_kwargs",
                Map.of("center_writing_weights", onProcessed)));
        if (head >= 0) {
            metadata.put("hook_head_index", head);
        }
        JsonFiles.write(
                sae.resolve("cfg.json"),
                Map.of("architecture", "standard", "d_in", dIn, "d_sae", dSae, "metadata", metadata));
        return service.openSae(sae, SaeOptions.AS_STORED)
                .toCompletableFuture()
                .join()
                .id();
    }

    private static float[] activations(ModelId model, SaeId sae) {
        List<SparseFeatures> found = ask(new CorpusActivations(model, List.of(sae), new int[][] {IDS}));
        return found.get(0).dense().data();
    }

    private static <R> R ask(Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    private static void assertSame(float[] found, float[] expected) {
        assertThat(found).hasSameSizeAs(expected);
        int active = 0;
        for (int i = 0; i < found.length; i++) {
            assertThat(found[i]).as("activation %d", i).isCloseTo(expected[i], within(2e-5f));
            active += expected[i] > 0 ? 1 : 0;
        }
        assertThat(active).isPositive();
    }

    private static List<Integer> boxed(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }

    private static HostTensor random(int seed, int... shape) {
        Random random = new Random(seed);
        float[] data = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new HostTensor(data, shape);
    }
}

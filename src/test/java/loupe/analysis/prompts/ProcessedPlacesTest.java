package loupe.analysis.prompts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import loupe.analysis.compare.ReadingFit;
import loupe.analysis.compare.SaeEvaluation;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.lm.Processing;
import loupe.lm.TinyFamily;
import loupe.sae.SparseFeatures;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Autoencoders that were trained on processed weights, at every place of models with LayerNorm and RMSNorm: the
 * processed model gives at once what they know, a model as published has to be brought there and back.
 */
class ProcessedPlacesTest {
    private static final int FEATURES = 11;
    private static final int[] IDS = {5, 20, 17, 2, 0, 11, 17};

    @TempDir
    static Path folder;

    private static LocalInferenceService service;
    private static final Map<String, Map<Processing, OpenModel>> MODELS = new HashMap<>();

    @BeforeAll
    static void open() throws IOException {
        service = new LocalInferenceService(Device.CPU);
        for (TinyFamily family : List.of(
                TinyFamily.gptNeo(),
                TinyFamily.gptNeoX(),
                TinyFamily.gptJ(),
                TinyFamily.qwen3(),
                TinyFamily.gemma2())) {
            Path model = family.writeTo(folder.resolve(family.name()));
            Map<Processing, OpenModel> both = new HashMap<>();
            for (Processing processing : Processing.values()) {
                both.put(
                        processing,
                        service.openModel(model, processing)
                                .toCompletableFuture()
                                .join());
            }
            MODELS.put(family.name(), both);
        }
    }

    @AfterAll
    static void giveBack() {
        service.close();
    }

    private record Place(String family, HookPoint at) {
        OpenModel model(Processing processing) {
            return MODELS.get(family).get(processing);
        }

        int width() {
            return model(Processing.RAW).config().at(at).orElseThrow().size();
        }

        @Override
        public String toString() {
            return family + " at " + at;
        }
    }

    static Stream<Place> places() {
        return Stream.of("gpt_neo", "gpt_neox", "gptj", "qwen3", "gemma2")
                .flatMap(family -> Arrays.stream(Site.values())
                        .map(site -> new Place(family, new HookPoint(site, site.inBlock() ? 1 : HookPoint.NO_LAYER))));
    }

    static Stream<Place> vectors() {
        return places().filter(place -> !place.at().name().endsWith("scale"))
                .filter(place -> MODELS.get(place.family())
                        .get(Processing.RAW)
                        .config()
                        .at(place.at())
                        .isPresent());
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void whatProcessedWeightsGiveIsFoundInTheModelAsPublishedToo(Place place) throws IOException {
        Random random = new Random(3);
        HostTensor encoder = gaussian(random, place.width(), FEATURES);
        HostTensor decoder = gaussian(random, FEATURES, place.width());
        OpenSae sae = saeLens(place.at(), true, encoder, decoder);

        float[] expected = activations(place.model(Processing.PROCESSED), sae);
        float[] found = activations(place.model(Processing.RAW), sae);

        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.length; i++) {
            assertThat(found[i]).as("activation %d", i).isCloseTo(expected[i], within(1e-4f));
        }
    }

    /** A feature for each direction of each coordinate: the reconstruction is the input. */
    @ParameterizedTest
    @MethodSource("vectors")
    void aPerfectReconstructionPutBackChangesNothing(Place place) throws IOException {
        int width = place.width();
        HostTensor encoder = new HostTensor(new float[2 * width * width], width, 2 * width);
        HostTensor decoder = new HostTensor(new float[2 * width * width], 2 * width, width);
        for (int j = 0; j < width; j++) {
            encoder.data()[j * 2 * width + j] = 1;
            encoder.data()[j * 2 * width + width + j] = -1;
            decoder.data()[j * width + j] = 1;
            decoder.data()[(width + j) * width + j] = -1;
        }
        OpenSae sae = saeLens(place.at(), true, encoder, decoder);

        SaeEvaluation.Answer answer = ask(new SaeEvaluation(
                place.model(Processing.RAW).id(), sae.id(), new TokenRows(new int[][] {IDS}), Set.of()));

        assertThat(answer.klSae()).isCloseTo(0, within(1e-5));
        assertThat(answer.ceSae()).isCloseTo(answer.ceClean(), within(1e-5));
    }

    @ParameterizedTest
    @CsvSource({
        "gpt_neo, RESID_POST, true",
        "gpt_neox, MLP_MODULE_OUT, true",
        "gpt_neo, LN2_NORMALIZED, true",
        "gpt_neo, Z, true",
        "gpt_neo, MLP_POST, false",
        "qwen3, RESID_POST, false",
        "gemma2, MLP_OUT, false",
        "gemma2, MLP_MODULE_OUT, false",
        "gemma2, LN2_NORMALIZED, false",
        "qwen3, Z, false",
        "gemma2, MLP_MODULE_IN, true",
    })
    void onlyWhereProcessingShowsIsItTried(String family, Site site, boolean shows) throws IOException {
        Place place = new Place(family, new HookPoint(site, 1));
        Random random = new Random(4);
        OpenSae sae = saeLens(
                place.at(), true, gaussian(random, place.width(), FEATURES), gaussian(random, FEATURES, place.width()));

        ReadingFit.Answer answer =
                ask(new ReadingFit(place.model(Processing.RAW).id(), sae.id(), new TokenRows(new int[][] {IDS})));

        assertThat(answer.readings()).extracting(ReadingFit.Reading::centred).contains(true);
        assertThat(answer.readings().stream().anyMatch(reading -> !reading.centred()))
                .isEqualTo(shows);
    }

    /** Outside the blocks is not before them: the pass must not end at the last block's place. */
    @Test
    void placesInABlockAndBehindAllAreReadInOnePass() throws IOException {
        Random random = new Random(6);
        OpenModel model = MODELS.get("qwen3").get(Processing.RAW);
        List<OpenSae> saes = List.of(
                saeLens(
                        HookPoint.of(Site.LN_FINAL_NORMALIZED),
                        false,
                        gaussian(random, 10, FEATURES),
                        gaussian(random, FEATURES, 10)),
                saeLens(HookPoint.residPost(1), false, gaussian(random, 10, FEATURES), gaussian(random, FEATURES, 10)));

        List<SparseFeatures> together = ask(
                new CorpusActivations(model.id(), saes.stream().map(OpenSae::id).toList(), new int[][] {IDS}));

        for (int i = 0; i < saes.size(); i++) {
            assertThat(together.get(i).dense().data()).containsExactly(activations(model, saes.get(i)));
        }
    }

    /** The input of a module has a name only where models run as they are, so its family's habit does not count. */
    @Test
    void theInputOfAModuleIsReadAsTheModelHasItUnlessAskedOtherwise() throws IOException {
        HookPoint at = new HookPoint(Site.MLP_MODULE_IN, 1);
        Path neel = folder.resolve("25.safetensors");
        Random random = new Random(5);
        new SafetensorsWriter()
                .add("W_enc", gaussian(random, 10, FEATURES))
                .add("b_enc", new HostTensor(new float[FEATURES], FEATURES))
                .add("W_dec", gaussian(random, FEATURES, 10))
                .add("b_dec", new HostTensor(new float[10], 10))
                .write(neel);
        SaeOptions here = SaeOptions.builder().hook(Optional.of(at)).build();

        assertThat(openSae(neel, here).config().trained().centred()).isFalse();
        assertThat(openSae(neel, here.withCentred(true)).config().trained().centred())
                .isTrue();
    }

    private static OpenSae saeLens(HookPoint at, boolean processed, HostTensor encoder, HostTensor decoder)
            throws IOException {
        Path sae = Files.createTempDirectory(folder, "sae");
        new SafetensorsWriter()
                .add("W_enc", encoder)
                .add("b_enc", new HostTensor(new float[encoder.size(1)], encoder.size(1)))
                .add("W_dec", decoder)
                .add("b_dec", new HostTensor(new float[encoder.size(0)], encoder.size(0)))
                .write(sae.resolve("sae_weights.safetensors"));
        JsonFiles.write(
                sae.resolve("cfg.json"),
                Map.of(
                        "architecture",
                        "standard",
                        "d_in",
                        encoder.size(0),
                        "d_sae",
                        encoder.size(1),
                        "metadata",
                        Map.of("sae_lens_version", "6.18.0", "hook_name", at.name())));
        return openSae(sae, SaeOptions.AS_STORED.withCentred(processed));
    }

    private static OpenSae openSae(Path path, SaeOptions options) {
        return service.openSae(path, options).toCompletableFuture().join();
    }

    private static float[] activations(OpenModel model, OpenSae sae) {
        return ask(new CorpusActivations(model.id(), List.of(sae.id()), new int[][] {IDS}))
                .get(0)
                .dense()
                .data();
    }

    private static <R> R ask(Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    private static HostTensor gaussian(Random random, int... shape) {
        float[] data = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new HostTensor(data, shape);
    }
}

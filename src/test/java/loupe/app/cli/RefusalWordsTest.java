package loupe.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.StringJoiner;
import loupe.TinyModel;
import loupe.analysis.Fit;
import loupe.analysis.Misfit;
import loupe.analysis.compare.MatchSide;
import loupe.analysis.tokens.TokenFilter;
import loupe.base.HookPoint;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.index.ActivationIndex;
import loupe.index.Contexts;
import loupe.index.Corpus;
import loupe.index.DocumentPacking;
import loupe.index.Shard;
import loupe.inference.Device;
import loupe.inference.SaeId;
import loupe.lm.tokenizer.TextReading;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.window.RemedyWords;
import loupe.tensor.HostTensor;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Refusals as the user meets them: in the window, with the button that mends them in brackets, and at the command line.
 * The sentences are in {@code refusals.txt}, where DIR stands for the folder of the files.
 */
class RefusalWordsTest {
    private static final int LONGEST = 300;

    @TempDir
    private Path folder;

    private final Map<String, Refusal> refusals = new LinkedHashMap<>();

    @BeforeEach
    void refuse() throws IOException {
        Path topk = saeLens("topk", "topk", 8, 8, "");
        Path standard = saeLens("standard", "standard", 8, 8, "");
        Path transcoder = saeLens("transcoder", "transcoder", 8, 8, "");
        Path scaled = saeLens("scaled", "standard", 8, 8, "expected_average_only_in");
        SaeOptions stored = SaeOptions.AS_STORED;

        refused("k is not said", () -> SaeFile.read(topk, stored).config());
        refused(
                "k is too large",
                () -> SaeFile.read(topk, stored.with(Choice.K, "99")).config());
        refused(
                "folding would change the features",
                () -> SaeFile.read(topk, stored.with(Choice.K, "2").withFold(true)));
        refused("no known tensors", () -> SaeFile.read(tensors("odd", "a", 2, 3), stored));
        refused("a model as a checkpoint", () -> SaeFile.read(tensors("lm", "transformer.wte.weight", 2, 3), stored));
        refused("no such format", () -> SaeFile.read(standard, stored.with(Choice.FORMAT, "zip")));
        refused("no such activation", () -> SaeFile.read(standard, stored.with(Choice.ACTIVATION, "gelu")));
        refused("no gate", () -> SaeFile.read(standard, stored.with(Choice.ACTIVATION, "gated")));
        refused("no thresholds", () -> SaeFile.read(standard, stored.with(Choice.ACTIVATION, "jumprelu")));
        refused("a negative factor", () -> SaeFile.read(scaled, stored.with(Choice.NORM_FACTOR, "-1")));
        refused(
                "b_dec of another space",
                () -> SaeFile.read(transcoder, stored.with(Choice.SUBTRACT_DECODER_BIAS, "true")));
        refused("no such side", () -> SaeFile.read(crosscoder(), stored.with(Choice.SIDE, "5")));
        refused("nothing there", () -> SaeFile.read(folder.resolve("none"), stored));

        SaeConfig residual = SaeConfig.of("saelens", 8, 6, new Activation.Relu(), false);
        misfit("place unknown", residual);
        misfit("another width", at("saelens", 16, HookPoint.residPre(1)));
        misfit("no such layer", at("saelens", 8, HookPoint.residPre(7)));
        misfit("no such place", at("saelens", 32, new HookPoint(HookPoint.Site.MLP_PRE_LINEAR, 0)));
        misfit("no vectors there", at("saelens", 8, new HookPoint(HookPoint.Site.PATTERN, 0)));
        SaeConfig mlp = at("saelens", 32, new HookPoint(HookPoint.Site.MLP_POST, 0));
        refusals.put(
                "a tree of an MLP's feature",
                new Fit(TinyModel.CONFIG, mlp).misfitOfGhost().orElseThrow().refusal("mlp", "tiny"));
        refusals.put("a transcoder's output", new Misfit.OutputPlaceUnknown().refusal("transcoder", "tiny"));
        refusals.put(
                "residual stream against MLP",
                MatchSide.DECODER
                        .misfit(new SaeId("a", "1"), residual, new SaeId("b", "2"), mlp)
                        .orElseThrow());

        Path table = Files.writeString(folder.resolve("corpus.csv"), "id,body\n1,one\n");
        refused(
                "no such column",
                () -> Corpus.of(List.of(table))
                        .read(
                                TextReading.whole(text -> new int[0]),
                                new Contexts(8, OptionalInt.empty(), 8, DocumentPacking.APART),
                                n -> {},
                                all -> {}));
        Path index = Files.createDirectory(folder.resolve("index"));
        Files.writeString(index.resolve("plan.json"), "{}");
        refused("an unfinished index", () -> ActivationIndex.open(index));
        refused("no such shard", () -> Shard.parse("3/2"));
        refused("no such device", () -> new Device("tpu"));
        refused(
                "an invalid expression",
                () -> new TokenFilter(Set.of(), TokenFilter.Space.EITHER, false, 0, 9, 0, "a(b", true));
    }

    @Test
    void eachIsSaidInTheWindowsTermsAndInTheCommandLines() throws IOException {
        StringJoiner said = new StringJoiner("\n");
        refusals.forEach((name, refusal) -> {
            Problem problem = Problem.of(refusal);
            Optional<Remedy> offered = RemedyWords.offered(problem);
            String button = offered.map(remedy -> " [" + RemedyWords.label(remedy) + "]")
                    .orElse("");
            said.add("# " + name + "\nwindow:  " + problem.message() + button + "\ncommand: " + OptionWords.of(refusal)
                    + "\n");
        });

        try (InputStream expected = RefusalWordsTest.class.getResourceAsStream("/loupe/app/refusals.txt")) {
            assertThat(said.toString().replace(folder.toString(), "DIR"))
                    .isEqualTo(new String(expected.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void noneIsLongAndNoneIsTakenForAMistakeOfThisProgram() {
        assertThat(refusals).hasSizeGreaterThanOrEqualTo(20);
        refusals.forEach((name, refusal) -> {
            assertThat(OptionWords.of(refusal).replace(folder.toString(), "DIR"))
                    .as(name)
                    .hasSizeLessThan(LONGEST);
            assertThat(Problem.of(refusal).expected()).as(name).isTrue();
            assertThat(Problem.of(refusal).message()).as(name).doesNotContain("--");
        });
    }

    private void refused(String name, ThrowingCallable asked) {
        Throwable failure = catchThrowable(asked);
        assertThat(failure).as(name).isInstanceOf(Refusal.class);
        refusals.put(name, (Refusal) failure);
    }

    private void misfit(String name, SaeConfig config) {
        refusals.put(
                name, new Fit(TinyModel.CONFIG, config).misfit().orElseThrow().refusal("DIR/sae", "tiny"));
    }

    private static SaeConfig at(String format, int dIn, HookPoint hook) {
        return SaeConfig.of(format, dIn, 6, new Activation.Relu(), false).trainedAt("tiny", hook, false);
    }

    private Path tensors(String name, String tensor, int... shape) throws IOException {
        Path file = folder.resolve(name + ".safetensors");
        TinyModel.writeSafetensors(file, Map.of(tensor, zeros(shape)));
        return file;
    }

    private Path crosscoder() throws IOException {
        Path file = folder.resolve("crosscoder.safetensors");
        TinyModel.writeSafetensors(
                file,
                Map.of("W_enc", zeros(2, 4, 6), "W_dec", zeros(6, 2, 4), "b_enc", zeros(6), "b_dec", zeros(2, 4)));
        return file;
    }

    private Path saeLens(String name, String architecture, int dIn, int dOut, String normalisation) throws IOException {
        Path sae = Files.createDirectory(folder.resolve(name));
        TinyModel.writeSafetensors(
                sae.resolve("sae_weights.safetensors"),
                Map.of("W_enc", zeros(dIn, 6), "W_dec", zeros(6, dOut), "b_enc", zeros(6), "b_dec", zeros(dOut)));
        Files.writeString(
                sae.resolve("cfg.json"),
                "{\"architecture\": \"" + architecture + "\", \"d_in\": " + dIn + ", \"d_out\": " + dOut
                        + ", \"d_sae\": 6, \"apply_b_dec_to_input\": false, \"normalize_activations\": \""
                        + (normalisation.isEmpty() ? "none" : normalisation)
                        + "\", \"metadata\": {\"sae_lens_version\": \"6.18.0\"}}");
        return sae;
    }

    private static HostTensor zeros(int... shape) {
        int elements = 1;
        for (int axis : shape) {
            elements *= axis;
        }
        return new HostTensor(new float[elements], shape);
    }
}

package loupe.analysis.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.tokens.TokenSets;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built-in sets, one's own, the kinds that follow from them, and what is kept of all on disk. */
class TokenSetsTest {
    private static final List<String> TEXTS =
            List.of(" red", "Red", "ing", " May", " may", "42", "...", " \u043c\u0438\u0440", "\n", "<17>", " NASA");

    @TempDir
    Path folder;

    private static Map<String, TokenSet> builtIn() {
        return TokenSets.of(TEXTS.size(), TEXTS::get, new Cancellation()).stream()
                .collect(Collectors.toMap(TokenSet::name, Function.identity()));
    }

    @Test
    void tokensAreInTheSetsOfHowTheyAreWrittenAndWhatTheyMean() {
        Map<String, TokenSet> sets = builtIn();
        assertThat(sets.get("leading-space").members()).containsExactly(0, 3, 4, 7, 10);
        assertThat(sets.get("capital").members()).containsExactly(1, 3, 10);
        assertThat(sets.get("all-capitals").members()).containsExactly(10);
        assertThat(sets.get("word-part").members()).containsExactly(2);
        assertThat(sets.get("digits").members()).containsExactly(5);
        assertThat(sets.get("punctuation").members()).containsExactly(6);
        assertThat(sets.get("white-space").members()).containsExactly(8);
        assertThat(sets.get("script-cyrillic").members()).containsExactly(7);
        assertThat(sets.get("colours").members()).containsExactly(0, 1);
        assertThat(sets.get("months").members()).as("may is a word").containsExactly(3);
        assertThat(sets.values()).noneMatch(set -> set.has(9));
        assertThat(sets).as("of which no token is one").doesNotContainKeys("days", "script-greek");
        assertThat(TokenSets.names()).hasSizeGreaterThan(30).containsAll(sets.keySet());
    }

    @Test
    void aFileNamesIdsOrWords() throws IOException {
        Path file = folder.resolve("sets.json");
        Files.writeString(file, "{\"ids\": [5, 2, 5], \"words\": [\"red\", \"42\"]}");
        List<TokenSet> sets = TokenSetFile.read(file, TEXTS.size(), Optional.of(TEXTS::get));
        assertThat(sets)
                .containsExactly(new TokenSet("ids", new int[] {2, 5}), new TokenSet("words", new int[] {0, 5}));
        for (String wrong :
                List.of("{\"a\": [11]}", "{\"a\": [\"green\"]}", "{\"a\": 3}", "{}", "[1]", "{\"a\": [1.5]}")) {
            Files.writeString(file, wrong);
            assertThatThrownBy(() -> TokenSetFile.read(file, TEXTS.size(), Optional.of(TEXTS::get)))
                    .as(wrong)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("sets.json");
        }
    }

    @Test
    void kindsFollowTheThresholdsInOrder() {
        KindThresholds usual = KindThresholds.DEFAULT;
        assertThat(usual.kind(3.1, 0.9)).isEqualTo(FeatureKind.PREDICTION);
        assertThat(usual.kind(3, 0.9)).isEqualTo(FeatureKind.UNKNOWN);
        assertThat(usual.kind(-1.1, 0.9)).isEqualTo(FeatureKind.SUPPRESSION);
        assertThat(usual.kind(-0.2, -0.5)).isEqualTo(FeatureKind.PARTITION);
        assertThat(usual.kind(-0.2, 0.4)).isEqualTo(FeatureKind.UNKNOWN);
        assertThat(usual.kind(Double.NaN, Double.NaN)).as("all weights equal").isEqualTo(FeatureKind.UNKNOWN);
        assertThat(new KindThresholds(1, -5, 0, 1).kind(1.5, 0)).isEqualTo(FeatureKind.PREDICTION);
    }

    @Test
    void whatIsKeptOnDiskIsNotComputedAgainAndADamagedFileIs() throws IOException {
        try (TestDevice device = new TestDevice()) {
            ModelId model = device.tiny();
            HostTensor encoder = new HostTensor(new float[8 * 3], 8, 3);
            float[] directions = new float[3 * 8];
            IntStream.range(0, directions.length).forEach(i -> directions[i] = (float) Math.sin(i));
            SaeId sae = device.sae("sae", encoder, new HostTensor(directions, 3, 8));
            List<TokenSet> sets =
                    List.of(new TokenSet("some", new int[] {1, 5, 100}), new TokenSet("none", new int[0]));
            KeptMoments kept = new KeptMoments(folder.resolve("logits"));
            LogitMoments question = new LogitMoments(
                    model, sae, LogitProjection.DEFAULT.withKeptPercentile(90), 4, sets, Optional.of(kept));
            LogitMoments.Answer first = device.ask(question);
            assertThat(first.leftOut()).hasSize(TinyModel.VOCABULARY / 10);
            LogitMoments.Answer second =
                    kept.find(question, 3, TinyModel.VOCABULARY).orElseThrow();
            assertThat(second)
                    .usingRecursiveComparison()
                    .ignoringFields("enrichment")
                    .isEqualTo(first);
            assertThat(second.enrichment()).usingComparatorWithPrecision(1e-14).containsExactly(first.enrichment());
            Path file;
            try (var files = Files.list(folder.resolve("logits"))) {
                file = files.findFirst().orElseThrow();
            }
            Files.write(file, new byte[] {1, 2, 3});
            assertThat(kept.find(question, 3, TinyModel.VOCABULARY)).isEmpty();
        }
    }
}

package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.analysis.prompts.TokenRows;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where tokens come to stand, with documents of 1 to 40 tokens in contexts of 16. */
class DocumentPackingTest {
    private static final int CONTEXT = 16;
    private static final int SEPARATOR = 100;

    @TempDir
    Path temporary;

    private final List<int[]> documents = new ArrayList<>();
    private Path corpus;

    @BeforeEach
    void writeCorpus() throws IOException {
        Random random = new Random(8);
        for (int i = 0; i < 90; i++) {
            documents.add(random.ints(1 + random.nextInt(40), 0, 97).toArray());
        }
        corpus = Files.writeString(
                temporary.resolve("corpus.txt"),
                documents.stream()
                        .map(document -> Arrays.stream(document)
                                .mapToObj(String::valueOf)
                                .collect(Collectors.joining(" ")))
                        .collect(Collectors.joining(Corpus.SEPARATOR)));
    }

    private IndexBuild pass(String name, DocumentPacking how, Shard shard, CorpusMasks masks) {
        IndexInfo.IndexedSae sae =
                new IndexInfo.IndexedSae("sae-0", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "", 0);
        return new IndexBuild(
                new IndexBuild.Settings(
                        new IndexInfo.Named("model", "m"),
                        List.of(sae),
                        CONTEXT,
                        OptionalInt.of(SEPARATOR),
                        how,
                        Long.MAX_VALUE,
                        shard,
                        masks),
                Corpus.of(List.of(corpus)),
                text -> Arrays.stream(text.split("\\s+"))
                        .mapToInt(Integer::parseInt)
                        .toArray(),
                new PlantedSource(),
                temporary.resolve(name));
    }

    private IndexInfo build(String name, DocumentPacking how, Shard shard, CorpusMasks masks) {
        return pass(name, how, shard, masks).run(false, progress -> {}, new Cancellation());
    }

    private ActivationIndex open(String name) {
        return ActivationIndex.open(temporary.resolve(name));
    }

    private static Contexts filled(DocumentPacking how, int maxTokens, int... lengths) {
        Contexts contexts = new Contexts(8, OptionalInt.empty(), maxTokens, how);
        for (int length : lengths) {
            contexts.add(new int[length]);
        }
        contexts.finish();
        return contexts;
    }

    private static List<String> documentsOf(Contexts contexts) {
        return contexts.drain().stream()
                .map(context -> Arrays.stream(context.documents())
                        .mapToObj(String::valueOf)
                        .collect(Collectors.joining()))
                .toList();
    }

    @Test
    void aDocumentThatDoesNotFitBeginsTheNextContextUnlessDocumentsRunOn() {
        assertThat(documentsOf(filled(DocumentPacking.APART, 100, 3, 4, 2, 8, 19, 5)))
                .containsExactly("0001111", "22", "33333333", "44444444", "44444444", "44455555");
        assertThat(documentsOf(filled(DocumentPacking.SEPARATED, 100, 3, 4, 2))).containsExactly("0001111", "22");
        assertThat(documentsOf(filled(DocumentPacking.PACKED, 100, 3, 4, 2))).containsExactly("00011112", "2");
        assertThat(documentsOf(filled(DocumentPacking.APART, 9, 3, 4, 5)))
                .as("a limit of tokens counts tokens, not places")
                .containsExactly("0001111", "22");
    }

    @Test
    void theModelReadsDocumentsApartOneByOneAndSeparatedOnesTogether() {
        List<Contexts.Context> contexts =
                filled(DocumentPacking.APART, 100, 3, 4, 2).drain();
        assertThat(lengths(DocumentPacking.APART.rows(contexts))).containsExactly(3, 4, 2);
        assertThat(lengths(DocumentPacking.SEPARATED.rows(contexts))).containsExactly(7, 2);
        assertThat(DocumentPacking.SEPARATED.rows(contexts)).isNotEqualTo(DocumentPacking.PACKED.rows(contexts));
    }

    private static IntStream lengths(TokenRows rows) {
        return Arrays.stream(rows.all()).mapToInt(row -> row.length);
    }

    /** Token ids and documents of every token in corpus order, and the position each has in its piece. */
    private List<int[]> expected() {
        List<int[]> tokens = new ArrayList<>();
        for (int number = 0; number < documents.size(); number++) {
            int[] whole = IntStream.concat(IntStream.of(SEPARATOR), Arrays.stream(documents.get(number)))
                    .toArray();
            for (int i = 0; i < whole.length; i++) {
                tokens.add(new int[] {whole[i], number, i % CONTEXT});
            }
        }
        return tokens;
    }

    @ParameterizedTest
    @EnumSource(names = {"APART", "SEPARATED"})
    void everyTokenIsFoundWithItsDocumentAndWhatTheModelHasReadThere(DocumentPacking how) {
        IndexInfo info = build("index", how, Shard.WHOLE, CorpusMasks.NONE);
        List<int[]> expected = expected();
        assertThat(info.tokens()).isEqualTo(expected.size());
        assertThat(info.documents()).isEqualTo(how);
        try (ActivationIndex index = open("index")) {
            int[] tokens = IntStream.range(0, (int) info.places())
                    .filter(index::hasToken)
                    .toArray();
            assertThat(tokens).hasSize(expected.size());
            assertThat((double) expected.size() / info.places())
                    .as("places in use")
                    .isBetween(0.6, 0.95);
            for (int i = 0; i < tokens.length; i++) {
                int[] token = expected.get(i);
                int id = token[0];
                int[] read = index.upTo(tokens[i]);
                assertThat(read).as("token %d", i).hasSize(token[2] + 1).endsWith(id);
                assertThat(read[0]).isEqualTo(expected.get(i - token[2])[0]);
                assertThat(index.featuresAt(0, tokens[i]))
                        .contains(new ActivationIndex.ActiveFeature(id % 5, 1 + id / 10f));
            }
            FeatureActivations activations = index.activations(0, 3);
            int[] all = IntStream.range(0, activations.tokens().length).toArray();
            List<Example> examples = index.examples(activations, all, 50, 50);
            for (Example example : examples) {
                int i = Arrays.binarySearch(tokens, example.token());
                assertThat(example.document()).isEqualTo(expected.get(i)[1]);
                assertThat(example.position()).isEqualTo(expected.get(i)[2]);
                int first = i - example.focus();
                for (int t = 0; t < example.ids().length; t++) {
                    assertThat(example.ids()[t]).isEqualTo(expected.get(first + t)[0]);
                    assertThat(expected.get(first + t)[1]).as("of one document").isEqualTo(example.document());
                }
            }
            int hole = IntStream.range(0, (int) info.places())
                    .filter(place -> !index.hasToken(place))
                    .findFirst()
                    .orElseThrow();
            assertThatThrownBy(() -> index.featuresAt(0, hole)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void mergedShardsAreWhatOnePassMakes() {
        CorpusMasks masks = new CorpusMasks(SEPARATOR, 3, 0, List.of(7, 12));
        for (int i = 1; i <= 3; i++) {
            build("shard-" + i, DocumentPacking.APART, new Shard(i, 3), masks);
        }
        IndexInfo one = build("one", DocumentPacking.APART, Shard.WHOLE, masks);
        IndexInfo merged = IndexMerge.merge(
                List.of(temporary.resolve("shard-2"), temporary.resolve("shard-3"), temporary.resolve("shard-1")),
                temporary.resolve("merged"),
                new Cancellation());
        assertThat(merged.contexts()).isEqualTo(one.contexts());
        assertThat(merged.leftOut()).isEqualTo(one.leftOut());
        assertThat(merged.documents()).isEqualTo(DocumentPacking.APART);
        assertThat(temporary.resolve("merged/sae-0/by-token.bin"))
                .hasSameBinaryContentAs(temporary.resolve("one/sae-0/by-token.bin"));
        try (ActivationIndex whole = open("one");
                ActivationIndex joined = open("merged")) {
            for (int feature = 0; feature < PlantedSource.FEATURES; feature++) {
                assertThat(joined.activations(0, feature))
                        .usingRecursiveComparison()
                        .isEqualTo(whole.activations(0, feature));
            }
            assertThat(joined.statistics(0)).usingRecursiveComparison().isEqualTo(whole.statistics(0));
        }
    }

    @Test
    void ignoredTokensAndTheFirstPositionsOfEachDocumentDoNotCount() {
        CorpusMasks masks = new CorpusMasks(-1, 2, 0, List.of(12, 7));
        IndexInfo info = build("index", DocumentPacking.SEPARATED, Shard.WHOLE, masks);
        List<int[]> expected = expected();
        long ignored = expected.stream()
                .filter(token -> token[0] == 7 || token[0] == 12)
                .count();
        long first = expected.stream().filter(token -> token[2] < 2).count();
        long counted = expected.stream()
                .filter(token -> token[2] >= 2 && token[0] != 7 && token[0] != 12)
                .count();
        assertThat(ignored).isPositive();
        assertThat(info.masks().ignored()).containsExactly(7, 12);
        assertThat(info.masks()).hasToString("without the first 2 positions, without tokens 7, 12");
        assertThat(info.leftOut()).isEqualTo(new CorpusMasks.LeftOut(0, first, 0, ignored, expected.size() - counted));
        try (ActivationIndex index = open("index")) {
            assertThat(index.info()).isEqualTo(info);
            assertThat(index.statistics(0).corpusTokens()).isEqualTo(counted);
            assertThat(index.statistics(0).count()[2])
                    .isEqualTo(expected.stream()
                            .filter(token -> token[2] >= 2 && token[0] % 5 == 2 && token[0] != 7 && token[0] != 12)
                            .count());
        }
    }

    @Test
    void aPassIsNotResumedWithDocumentsPutOtherwise() {
        build("index", DocumentPacking.PACKED, Shard.WHOLE, CorpusMasks.NONE);
        assertThatThrownBy(() -> pass("index", DocumentPacking.APART, Shard.WHOLE, CorpusMasks.NONE)
                        .run(true, progress -> {}, new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("was made with documents packed")
                .hasMessageContaining("expected one with documents apart");
    }

    @Test
    void shardsWithDocumentsPutOtherwiseAreRefused() {
        build("a", DocumentPacking.SEPARATED, new Shard(1, 2), CorpusMasks.NONE);
        build("b", DocumentPacking.APART, new Shard(2, 2), CorpusMasks.NONE);
        assertThatThrownBy(() -> IndexMerge.merge(
                        List.of(temporary.resolve("a"), temporary.resolve("b")),
                        temporary.resolve("merged"),
                        new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("documents apart")
                .hasMessageContaining("documents separated");
    }

    @Test
    void anIndexThatDoesNotSayHowDocumentsWerePutLetThemRunOn() throws IOException {
        build("index", DocumentPacking.PACKED, Shard.WHOLE, CorpusMasks.NONE);
        Path file = temporary.resolve("index").resolve("index.json");
        ObjectMapper json = new ObjectMapper();
        ObjectNode said = (ObjectNode) json.readTree(file.toFile());
        assertThat(said.get("documents").asText()).isEqualTo("packed");
        json.writeValue(file.toFile(), said.without(List.of("documents", "contexts", "files", "checksum")));
        try (ActivationIndex index = open("index")) {
            assertThat(index.info().documents()).isEqualTo(DocumentPacking.PACKED);
            int last = (int) index.info().tokens() - 1;
            assertThat(index.featuresAt(0, last)).isNotEmpty();
            assertThat(index.upTo(CONTEXT + 3)).as("across borders").hasSize(4);
        }
    }
}

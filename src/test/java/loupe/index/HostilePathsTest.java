package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.zip.GZIPOutputStream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders and files whose names a database could take for patterns, columns or text of its own. */
class HostilePathsTest {
    private static final String CORPUS = "3 14 15 92 65 35 89 79 32 38 46 26 43 38 32 79 50 28 84 19 71 69 39 93 75 10";
    private static final String OTHER = "1 1 1 1 1 1 1";

    @TempDir
    Path temporary;

    static List<String> names() {
        return List.of(
                "run[1]",
                "a*b",
                "a?b",
                "**",
                "[!a]",
                "[a-z]",
                "x[",
                "]y",
                "{x,y}",
                "feature=7",
                "token=3/lr=1",
                "activation=2",
                "context=1",
                "ids=1",
                "text=evil",
                "it's",
                "\"quoted\"",
                "sp ace",
                "new\nline",
                "\uD83E\uDDA6 \u202Eotter",
                "~",
                "-",
                "a;b",
                "%s",
                "back\\slash",
                "s3:",
                "$HOME");
    }

    /** Names of other folders beside one, which the name as a pattern would fit. */
    private static List<String> decoys(String name) {
        return name.matches(".*[*?\\[].*") ? List.of("run1", "axb", "z") : List.of();
    }

    @ParameterizedTest
    @MethodSource("names")
    void anIndexAnswersAsOneWithAPlainName(String name) throws IOException {
        for (String decoy : decoys(name)) {
            build(temporary.resolve(decoy).resolve("index"), OTHER);
        }
        Path folder = build(temporary.resolve(name).resolve("index"), CORPUS);
        assertThat(answers(folder)).isEqualTo(answers(build(temporary.resolve("plain"), CORPUS)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"run[1]", "feature=7", "it's", "new\nline"})
    void shardsAreMergedAsThoseWithPlainNames(String name) {
        String text = (CORPUS + " ").repeat(8 * Shard.BLOCK / 25 + 1).strip();
        List<Path> shards = new ArrayList<>();
        for (int part = 1; part <= 2; part++) {
            shards.add(build(temporary.resolve(name).resolve("shard-" + part), text, new Shard(part, 2)));
        }
        Path merged = temporary.resolve(name).resolve("merged");
        IndexMerge.merge(shards, merged, new Cancellation());
        assertThat(answers(merged)).isEqualTo(answers(build(temporary.resolve("whole"), text)));
    }

    @ParameterizedTest
    @MethodSource("names")
    void tablesAreReadAsInAPlainFolder(String name) throws IOException, SQLException {
        for (String decoy : decoys(name)) {
            tables(Files.createDirectories(temporary.resolve(decoy)), "data", "a decoy");
        }
        Path folder = Files.createDirectories(temporary.resolve(name));
        tables(folder, "data", "one, two");
        assertThat(Corpus.of(List.of(folder)).documents())
                .containsExactly("one, two", "one, two", "one, two", "one, two");
    }

    @Test
    void aFileIsNotTakenForItsNeighbour() throws IOException, SQLException {
        tables(temporary, "data0", "a decoy");
        tables(temporary, "data[0]", "one");
        tables(temporary, "d*", "one");
        tables(temporary, "text=evil", "one");
        for (String name : List.of("data[0]", "d*", "text=evil")) {
            for (String kind : List.of(".csv", ".csv.gz", ".tsv", ".parquet")) {
                assertThat(Corpus.of(List.of(temporary.resolve(name + kind))).documents())
                        .as(name + kind)
                        .containsExactly("one");
            }
        }
    }

    @Test
    void aPathThatNoPatternCanNameIsRefused() {
        assertThatThrownBy(() -> Database.pattern(Path.of("a\\b*c")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("Rename");
    }

    @Test
    void theDatabaseReadsNothingElseAndLoadsNoExtension() throws SQLException, IOException {
        Path own = Files.createDirectories(temporary.resolve("own"));
        Path others = Files.writeString(temporary.resolve("own.csv"), "text\nsecret\n");
        try (Parquet parquet = new Parquet(own)) {
            for (String statement : List.of(
                    "SELECT * FROM read_csv('" + others + "')",
                    "SELECT * FROM '" + others + "'",
                    "COPY (SELECT 1) TO '" + temporary.resolve("new.parquet") + "'",
                    "INSTALL httpfs",
                    "LOAD httpfs",
                    "SELECT * FROM 'https://localhost/x.parquet'",
                    "SET enable_external_access = true",
                    "SET autoload_known_extensions = true")) {
                assertThatThrownBy(() -> parquet.run(statement)).as(statement).isInstanceOf(SQLException.class);
            }
            parquet.write(
                    "SELECT current_setting('autoinstall_known_extensions') AS a, "
                            + "current_setting('autoload_known_extensions') AS b",
                    own.resolve("told.parquet"),
                    1);
        }
        assertThat(Files.exists(temporary.resolve("new.parquet"))).isFalse();
    }

    /** The same text as CSV, compressed CSV, TSV and Parquet. */
    private static void tables(Path folder, String name, String text) throws IOException, SQLException {
        String table = "text\n\"" + text + "\"\n";
        Files.writeString(folder.resolve(name + ".csv"), table);
        Files.writeString(folder.resolve(name + ".tsv"), table);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve(name + ".csv.gz")))) {
            out.write(table.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        try (Parquet parquet = new Parquet(folder)) {
            parquet.write("SELECT '" + text + "' AS text", folder.resolve(name + ".parquet"), 1);
        }
    }

    private Path build(Path folder, String text) {
        return build(folder, text, Shard.WHOLE);
    }

    private Path build(Path folder, String text, Shard shard) {
        try {
            Path corpus = Files.writeString(temporary.resolve("corpus.txt"), text);
            IndexInfo.IndexedSae sae = new IndexInfo.IndexedSae(
                    "sae", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "blocks.0.hook_resid_pre", 0);
            IndexBuild.Settings settings = new IndexBuild.Settings(
                    new IndexInfo.Named("model", "m"),
                    List.of(sae),
                    4,
                    OptionalInt.empty(),
                    DocumentPacking.PACKED,
                    Long.MAX_VALUE,
                    shard,
                    CorpusMasks.NONE);
            new IndexBuild(
                            settings,
                            Corpus.of(List.of(corpus)),
                            document -> Arrays.stream(document.split(" "))
                                    .mapToInt(Integer::parseInt)
                                    .toArray(),
                            new PlantedSource(),
                            folder)
                    .run(false, progress -> {}, new Cancellation());
            return folder;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Everything an index answers, as values. */
    private static List<Object> answers(Path folder) {
        List<Object> answers = new ArrayList<>();
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            FeatureStatistics statistics = index.statistics(0);
            for (int feature = 0; feature < PlantedSource.FEATURES; feature++) {
                FeatureActivations activations = index.activations(0, feature);
                answers.add(List.of(
                        statistics.count()[feature],
                        statistics.max()[feature],
                        Arrays.toString(activations.tokens()),
                        Arrays.toString(activations.values()),
                        index.examples(activations, Examples.top(activations, 3, 1), 2, 2).stream()
                                .map(example -> Arrays.toString(example.ids()))
                                .toList(),
                        index.featuresAt(0, feature)));
            }
        }
        return answers;
    }
}

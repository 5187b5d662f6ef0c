package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.zip.GZIPOutputStream;
import loupe.TinyModel;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.lm.tokenizer.TextReading;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.TokenizerFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Documents of any length are read in memory that does not grow with them, or refused in a sentence. */
class LongDocumentsTest {
    @TempDir
    Path folder;

    /** What a corpus hands over, without keeping it. */
    private static final class Counting implements Corpus.Taking {
        private long characters;
        private int longest;
        private int documents;

        @Override
        public boolean add(String part) {
            characters += part.length();
            longest = Math.max(longest, part.length());
            return true;
        }

        @Override
        public boolean end() {
            documents++;
            return true;
        }
    }

    private Counting count(Path file) {
        Counting counting = new Counting();
        Corpus.of(List.of(file)).read(counting);
        return counting;
    }

    @ParameterizedTest
    @EnumSource(DocumentPacking.class)
    void tokensThatComeInPartsStandWhereThoseOfTheWholeDocumentStand(DocumentPacking packing) {
        Random random = new Random(20261201);
        for (int trial = 0; trial < 300; trial++) {
            int length = 2 + random.nextInt(9);
            OptionalInt separator = trial % 2 == 0 ? OptionalInt.of(0) : OptionalInt.empty();
            long most = 1 + random.nextInt(120);
            Contexts whole = new Contexts(length, separator, most, packing);
            Contexts parts = new Contexts(length, separator, most, packing);
            for (int document = 0; document < 12; document++) {
                int[] ids = random.ints(random.nextInt(3 * length), 1, 100).toArray();
                boolean more = true;
                for (int from = 0, end; from < ids.length; from = end) {
                    end = Math.min(ids.length, from + random.nextInt(4));
                    more = parts.append(Arrays.copyOfRange(ids, from, end));
                }
                more &= parts.end();
                assertThat(whole.add(ids)).isEqualTo(more);
            }
            whole.finish();
            parts.finish();
            assertThat(shown(parts)).isEqualTo(shown(whole));
        }
    }

    private static List<String> shown(Contexts contexts) {
        return contexts.drain().stream()
                .map(context -> Arrays.toString(context.ids()) + Arrays.toString(context.documents()))
                .toList();
    }

    @Test
    void aFileWithoutSeparatorIsOneDocumentThatComesInParts() throws IOException {
        String text = "otter tin ".repeat(300_000);
        Counting counted = count(Files.writeString(folder.resolve("a.txt"), "\n " + text + "\n"));
        assertThat(counted.documents).isEqualTo(1);
        assertThat(counted.characters).isEqualTo(text.strip().length());
        assertThat(counted.longest).isLessThanOrEqualTo(DocumentParts.LONGEST);
    }

    @Test
    void separatorsAreFoundWhereverTheReadingStops() throws IOException {
        List<String> documents = new ArrayList<>();
        Random random = new Random(20261201);
        for (int i = 0; i < 400; i++) {
            documents.add("<|x".repeat(1 + random.nextInt(500)) + " \u00e9" + " ".repeat(random.nextInt(9)) + i);
        }
        Path file = Files.writeString(folder.resolve("a.txt"), String.join(" " + Corpus.SEPARATOR + "\n", documents));
        assertThat(Corpus.of(List.of(file)).documents()).isEqualTo(documents);
    }

    @Test
    void aDocumentThatIsReadInPartsHasTheIdsOfTheWhole() throws IOException {
        TinyModel.writeTo(folder);
        String text = "the otter and the tin\nother ".repeat(20_000).strip();
        Path file = Files.writeString(folder.resolve("a.txt"), text + Corpus.SEPARATOR + "the end");
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            Contexts whole = new Contexts(64, tokenizer.beginning(), Long.MAX_VALUE, DocumentPacking.DEFAULT);
            whole.add(tokenizer.encode(text, Tokenizer.Beginning.NO).ids());
            whole.add(tokenizer.encode("the end", Tokenizer.Beginning.NO).ids());
            whole.finish();
            Contexts parts = new Contexts(64, tokenizer.beginning(), Long.MAX_VALUE, DocumentPacking.DEFAULT);
            List<Contexts.Context> found = new ArrayList<>();
            Corpus.of(List.of(file)).read(tokenizer.reading(), parts, read -> {}, found::addAll);
            assertThat(found.stream().map(context -> Arrays.toString(context.ids())))
                    .isEqualTo(whole.drain().stream()
                            .map(context -> Arrays.toString(context.ids()))
                            .toList());
        }
    }

    @Test
    void nothingIsReadBehindTheTokensThatAreWanted() throws IOException {
        TinyModel.writeTo(folder);
        Path file = Files.writeString(folder.resolve("a.txt"), "the otter and the tin ".repeat(200_000));
        long[] characters = new long[1];
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            Contexts contexts = new Contexts(64, tokenizer.beginning(), 1_000, DocumentPacking.DEFAULT);
            Corpus.of(List.of(file)).read(tokenizer.reading(), contexts, read -> characters[0] += read, found -> {});
        }
        assertThat(characters[0]).isLessThanOrEqualTo(3L * DocumentParts.LONGEST);
    }

    @Test
    void aPassOverOneLongDocumentStopsWithinIt() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "1 2 3 ".repeat(100_000));
        Cancellation cancellation = new Cancellation();
        TextReading reading = new TextReading() {
            @Override
            public boolean add(String part, java.util.function.Predicate<int[]> wanted) {
                cancellation.cancel();
                return true;
            }

            @Override
            public boolean end(java.util.function.Predicate<int[]> wanted) {
                throw new AssertionError("the document was read to its end");
            }
        };
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named("model", "m"),
                List.of(new IndexInfo.IndexedSae(
                        "sae", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "", 0)),
                4,
                OptionalInt.empty(),
                DocumentPacking.PACKED,
                Long.MAX_VALUE);
        assertThatThrownBy(() -> new IndexBuild(
                                settings,
                                Corpus.of(List.of(file)),
                                reading,
                                new PlantedSource(),
                                folder.resolve("index"))
                        .run(false, progress -> {}, cancellation))
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void aSmallFileOfOneEndlessWordIsRefusedByItsName() throws IOException {
        TinyModel.writeTo(folder);
        Path file = folder.resolve("bomb.txt.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            byte[] block = "a".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < 64; i++) {
                out.write(block);
            }
        }
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            Contexts contexts = new Contexts(64, tokenizer.beginning(), 1_000, DocumentPacking.DEFAULT);
            long[] characters = new long[1];
            assertThatThrownBy(() -> Corpus.of(List.of(file))
                            .read(tokenizer.reading(), contexts, read -> characters[0] += read, found -> {}))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(file + ": document 1 has more than 4194304 characters in a row without a place to cut "
                            + "it, which the tokenizer cannot read at once. Divide it, with spaces between words or "
                            + "into several documents.");
            assertThat(characters[0]).isLessThan(5 << 20);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "a.jsonl, line 2 has more than 16777216 characters",
        "a.csv, the row that begins in line 5 has more than 16777216 bytes"
    })
    void aLongLineIsRefusedWithItsNumberAndTheLimit(String name, String found) throws IOException {
        String letters = "a".repeat(17_000_000);
        Path file = Files.writeString(
                folder.resolve(name),
                name.endsWith(".csv")
                        ? "text\none\n\"two\nlines \"\"\"\n" + letters + "\n"
                        : "{\"text\":\"one\"}\n{\"text\":\"" + letters + "\"}\n");
        assertThatThrownBy(() -> count(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(file + ": " + found)
                .hasMessageEndingWith(Documents.SHORTEN + ".");
    }

    @Test
    void aLongCellOfASmallTableIsRefusedWithItsSize() throws SQLException {
        Path file = folder.resolve("a.parquet");
        table(file, "SELECT 'one' AS text UNION ALL SELECT NULL UNION ALL SELECT repeat('a', 17000000)");
        assertThat(file)
                .exists()
                .satisfies(small -> assertThat(Files.size(small)).isLessThan(2_000_000));
        assertThatThrownBy(() -> count(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": row 3 has a text of 17000000 bytes; expected at most 16777216 bytes in a cell. "
                        + Documents.SHORTEN + ".");
    }

    @Test
    void longCellsComeInPartsAndAreWhole() throws SQLException {
        Path file = folder.resolve("a.parquet");
        String half = "\u00e9\uD83E\uDDA6 otter ".repeat(30_000);
        table(file, "SELECT repeat('\u00e9\uD83E\uDDA6 otter ', 30000) || i AS text FROM range(3) AS t(i)");
        assertThat(Corpus.of(List.of(file)).documents()).containsExactly(half + 0, half + 1, half + 2);
        assertThat(count(file).longest).isLessThanOrEqualTo(DocumentParts.LONGEST);
    }

    private static void table(Path file, String select) throws SQLException {
        try (Connection database = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = database.createStatement()) {
            statement.execute("COPY (" + select + ") TO '" + file + "' (FORMAT parquet, COMPRESSION zstd)");
        }
    }
}

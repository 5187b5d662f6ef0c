package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of an index, read as {@code src/site/markdown/index.md} describes them, without this project's readers. */
class IndexFilesTest {
    @TempDir
    Path temporary;

    /** Three hundred words, which are token ids. */
    static int[] words() {
        return IntStream.range(0, 300).map(i -> i * 37 % 97).toArray();
    }

    /** An index of those words with planted activations, in a new folder below {@code temporary}. */
    static Path build(Path temporary, int[] words) throws IOException {
        Path corpus = Files.writeString(
                temporary.resolve("corpus.txt"),
                Arrays.stream(words).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
        Path folder = temporary.resolve("index");
        IndexInfo.IndexedSae sae =
                new IndexInfo.IndexedSae("sae-0", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "", 0);
        new IndexBuild(
                        new IndexBuild.Settings(
                                new IndexInfo.Named("model", "m"),
                                List.of(sae),
                                16,
                                OptionalInt.empty(),
                                DocumentPacking.PACKED,
                                Long.MAX_VALUE),
                        Corpus.of(List.of(corpus)),
                        text -> Arrays.stream(text.split(" "))
                                .mapToInt(Integer::parseInt)
                                .toArray(),
                        new PlantedSource(),
                        folder)
                .run(false, progress -> {}, new Cancellation());
        return folder;
    }

    @Test
    void theTablesAreParquetThatAnyQueryReads() throws IOException, SQLException {
        Path folder = build(temporary, words());
        try (ActivationIndex index = ActivationIndex.open(folder);
                Connection database = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = database.createStatement()) {
            try (ResultSet row = statement.executeQuery("select a.feature, count(*), sum(a.activation), max(a.token),"
                    + " any_value(f.count), any_value(f.sum) from '" + folder.resolve("sae-0/activations.parquet")
                    + "' a join '" + folder.resolve("sae-0/features.parquet")
                    + "' f using (feature) group by a.feature order by a.feature")) {
                for (int feature = 0; feature < 6; feature++) {
                    assertThat(row.next()).isTrue();
                    FeatureActivations activations = index.activations(0, feature);
                    double sum = 0;
                    for (float value : activations.values()) {
                        sum += value;
                    }
                    assertThat(row.getInt(1)).isEqualTo(feature);
                    assertThat(row.getInt(2)).isEqualTo(activations.values().length);
                    assertThat(row.getDouble(3)).isCloseTo(sum, within(1e-6 * Math.abs(sum)));
                    assertThat(row.getInt(4)).isEqualTo(activations.tokens()[activations.tokens().length - 1]);
                    assertThat(row.getLong(5)).isEqualTo(index.statistics(0).count()[feature]);
                    assertThat(row.getDouble(6)).isCloseTo(index.statistics(0).sum()[feature], within(1e-9));
                }
                assertThat(row.next()).isFalse();
            }
            List<Integer> ids = new ArrayList<>();
            try (ResultSet row = statement.executeQuery("select unnest(ids) from (select ids from '"
                    + folder.resolve("contexts.parquet") + "' order by context)")) {
                while (row.next()) {
                    ids.add(row.getInt(1));
                }
            }
            assertThat(ids).isEqualTo(Arrays.stream(words()).boxed().toList());
        }
    }

    @Test
    void theFileByTokenIsWhereEachTokenBeginsAndThenPairs() throws IOException {
        int[] words = words();
        ByteBuffer file = ByteBuffer.wrap(
                        Files.readAllBytes(build(temporary, words).resolve("sae-0/by-token.bin")))
                .order(ByteOrder.LITTLE_ENDIAN);
        int pairs = Long.BYTES * (words.length + 1);
        assertThat(file.capacity()).isEqualTo(pairs + 8 * file.getLong(Long.BYTES * words.length));
        for (int t = 0; t < words.length; t++) {
            List<String> active = new ArrayList<>();
            for (long i = file.getLong(Long.BYTES * t); i < file.getLong(Long.BYTES * (t + 1)); i++) {
                int at = pairs + Math.toIntExact(8 * i);
                active.add(file.getInt(at) + ":" + file.getFloat(at + 4));
            }
            int id = words[t];
            List<String> planted = new ArrayList<>(List.of(id % 5 + ":" + (1 + id / 10f)));
            if (id % 7 == 0) {
                planted.add("5:-1.0");
            }
            assertThat(active).as("token %d", t).isEqualTo(planted);
        }
    }
}

package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The files of an index, read in Python as anybody would. The interpreter, which needs duckdb, numpy, pandas and
 * pyarrow, is named by the system property {@code loupe.python}; {@link IndexFilesTest} checks the same without it.
 */
@Tag("python")
class PythonReadsIndexTest {
    private static final String WITH_DUCKDB = """
            import duckdb, sys
            folder = sys.argv[1]
            rows = duckdb.sql(f"select feature, count(*), sum(activation), max(token) from \
            '{folder}/sae-0/activations.parquet' group by feature order by feature").fetchall()
            told = dict((f, (c, s)) for f, c, s in duckdb.sql(f"select feature, count, sum from \
            '{folder}/sae-0/features.parquet'").fetchall())
            ids = [i for (row,) in duckdb.sql(f"select ids from '{folder}/contexts.parquet' order by \
            context").fetchall() for i in row]
            for f, n, s, t in rows:
                print("feature", f, n, s, t, told[f][0], told[f][1])
            print("ids", *ids)
            """;
    private static final String WITH_PANDAS = """
            import pandas, sys
            folder = sys.argv[1]
            rows = pandas.read_parquet(f"{folder}/sae-0/activations.parquet")
            told = pandas.read_parquet(f"{folder}/sae-0/features.parquet").set_index("feature")
            contexts = pandas.read_parquet(f"{folder}/contexts.parquet").sort_values("context")
            for f, group in rows.groupby("feature"):
                print("feature", f, len(group), group.activation.astype("float64").sum(), group.token.max(), \
            told["count"][f], told["sum"][f])
            print("ids", *[i for row in contexts.ids for i in row])
            """;

    /** As {@code src/site/markdown/index.md} shows it. */
    private static final String WITH_NUMPY = """
            import json, sys
            import numpy as np
            folder = sys.argv[1]
            tokens = json.load(open(f"{folder}/index.json"))["tokens"]
            starts = np.memmap(f"{folder}/sae-0/by-token.bin", "<i8", shape=(tokens + 1,))
            rows = np.memmap(f"{folder}/sae-0/by-token.bin", [("feature", "<i4"), ("activation", "<f4")], offset=8 * \
            (tokens + 1))
            assert len(rows) == starts[-1]
            for t in range(tokens):
                print(*[f"{r['feature']}:{r['activation']:.6g}" for r in rows[starts[t]:starts[t + 1]]])
            """;

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"duckdb", "pandas"})
    void theFilesHoldForPythonWhatTheyHoldForUs(String library) throws IOException, InterruptedException {
        int[] words = IndexFilesTest.words();
        Path folder = IndexFilesTest.build(temporary, words);
        List<String> said = python(library.equals("duckdb") ? WITH_DUCKDB : WITH_PANDAS, folder.toString());
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            assertThat(said).hasSize(7);
            for (int feature = 0; feature < 6; feature++) {
                String[] fields = said.get(feature).split(" ");
                FeatureActivations activations = index.activations(0, feature);
                double sum = 0;
                for (float value : activations.values()) {
                    sum += value;
                }
                assertThat(Integer.parseInt(fields[1])).isEqualTo(feature);
                assertThat(Integer.parseInt(fields[2])).isEqualTo(activations.values().length);
                assertThat(Double.parseDouble(fields[3])).isCloseTo(sum, within(1e-6 * Math.abs(sum)));
                assertThat(Integer.parseInt(fields[4]))
                        .isEqualTo(activations.tokens()[activations.tokens().length - 1]);
                assertThat(Long.parseLong(fields[5]))
                        .isEqualTo(index.statistics(0).count()[feature]);
                assertThat(Double.parseDouble(fields[6]))
                        .isCloseTo(index.statistics(0).sum()[feature], within(1e-9));
            }
            assertThat(said.get(6))
                    .isEqualTo("ids "
                            + Arrays.stream(words).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
        }
    }

    @Test
    void theFileByTokenIsTwoArraysForNumpy() throws IOException, InterruptedException {
        int[] words = IndexFilesTest.words();
        List<String> said =
                python(WITH_NUMPY, IndexFilesTest.build(temporary, words).toString());
        assertThat(said).hasSize(words.length);
        for (int t = 0; t < words.length; t++) {
            int id = words[t];
            assertThat(said.get(t)).isEqualTo(id % 5 + ":" + number(1 + id / 10f) + (id % 7 == 0 ? " 5:-1" : ""));
        }
    }

    /** As Python writes it with six digits. */
    private static String number(float value) {
        return value == Math.rint(value)
                ? String.valueOf(Math.round(value))
                : String.format(Locale.ROOT, "%.1f", value);
    }

    private static List<String> python(String script, String argument) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(System.getProperty("loupe.python"), "-c", script, argument)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }
}

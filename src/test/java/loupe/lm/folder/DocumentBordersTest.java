package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import loupe.TinyModel;
import loupe.base.Cancellation;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.LanguageModel;
import loupe.lm.LanguageModelTest;
import loupe.lm.Logits;
import loupe.lm.Processing;
import loupe.lm.TinyFamily;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rows of several documents whose attention and positions are cut at the borders: each document's logits are those of
 * the document alone, by the families' formulas in plain loops. Learned and rotary positions, windows and caps of
 * scores are among them.
 */
class DocumentBordersTest {
    private static final int[][] DOCUMENTS = {
        {5, 20, 17, 2, 0, 11}, {17, 9, 14, 22}, {3}, {8, 8, 1, 13, 6, 21, 4}, {2, 19, 7, 10}
    };
    private static final int[][] ROWS = {{5, 20, 17, 2, 0, 11, 17, 9, 14, 22, 3}, {8, 8, 1, 13, 6, 21, 4, 2, 19, 7, 10}
    };
    private static final int[][] NUMBERS = {{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2}, {3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4}};
    private static final double TOLERANCE = 2e-5;

    @TempDir
    Path folder;

    private NDManager base;

    @BeforeEach
    void open() {
        base = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        base.close();
    }

    static List<TinyFamily> families() {
        return TinyFamily.all();
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyDocumentIsReadAsIfItStoodAlone(TinyFamily family) throws IOException {
        try (ModelFolder files = ModelFolder.open(family.writeTo(folder))) {
            LanguageModel model =
                    files.read(Processing.RAW).on(base.newSubManager()).seal();
            float[] expected = LanguageModelTest.flat(Stream.of(DOCUMENTS)
                    .flatMap(document -> Stream.of(family.logits(document)))
                    .toArray(double[][]::new));
            LanguageModelTest.assertClose(
                    model.forward(base, Input.of(ROWS).cutAtBorders(NUMBERS)).toFloatArray(), expected, TOLERANCE);
            assertThat(furthest(model.forward(base, Input.of(ROWS)).toFloatArray(), expected))
                    .as("running on is something else")
                    .isGreaterThan(0.1);
        }
    }

    private static double furthest(float[] actual, float[] expected) {
        double furthest = 0;
        for (int i = 0; i < actual.length; i++) {
            furthest = Math.max(furthest, Math.abs(actual[i] - expected[i]));
        }
        return furthest;
    }

    @Test
    void aRowMayBeLongerThanTheContextOfTheModelAsLongAsNoDocumentIs() {
        LanguageModel model = TinyModel.on(base).seal();
        int context = TinyModel.CONFIG.context();
        int[] row = new int[2 * context];
        Arrays.setAll(row, i -> i);
        int[] numbers = new int[2 * context];
        Arrays.fill(numbers, context, 2 * context, 1);
        float[] both = model.forward(base, Input.of(row).cutAtBorders(new int[][] {numbers}))
                .toFloatArray();
        float[] second = model.forward(base, Input.of(Arrays.copyOfRange(row, context, 2 * context)))
                .toFloatArray();
        LanguageModelTest.assertClose(Arrays.copyOfRange(both, second.length, both.length), second, TOLERANCE);
        assertThatThrownBy(() -> model.forward(base, Input.of(row)))
                .hasMessageContaining("The text has " + 2 * context + " tokens");
    }

    @Test
    void rowsOfOneDocumentEachGiveTheVeryNumbersOfRowsWithoutBorders() {
        LanguageModel model = TinyModel.on(base).seal();
        float[] plain = model.forward(base, Input.of(ROWS)).toFloatArray();
        float[] numbered = model.forward(base, Input.of(ROWS).cutAtBorders(new int[][] {new int[11], new int[11]}))
                .toFloatArray();
        assertThat(numbered).isEqualTo(plain);
    }

    @Test
    void bordersAndACacheDoNotGoTogether() {
        LanguageModel model = TinyModel.on(base).seal();
        assertThatThrownBy(() -> model.forward(
                        base,
                        Input.of(ROWS).cutAtBorders(NUMBERS),
                        Hook.NONE,
                        KeyValueCache.empty(),
                        Logits.ALL,
                        new Cancellation()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}

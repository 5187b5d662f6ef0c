package loupe.analysis.prompts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenRowsTest {
    @Test
    void rowsOfOneLengthStayInTheirOrderAndFillBatches() {
        int[][] rows = new int[20][100];
        assertThat(new TokenRows(rows).batches(600))
                .containsExactly(
                        IntStream.range(0, 6).toArray(),
                        IntStream.range(6, 12).toArray(),
                        IntStream.range(12, 18).toArray(),
                        new int[] {18, 19});
        assertThat(new TokenRows(rows).batches(Long.MAX_VALUE))
                .containsExactly(IntStream.range(0, 20).toArray());
    }

    @Test
    void everyRowIsInOneBatchWithLittlePaddingInFewBatches() {
        Random random = new Random(3);
        int[][] rows = IntStream.range(0, 40)
                .mapToObj(i -> new int[1 + random.nextInt(128)])
                .toArray(int[][]::new);
        TokenRows texts = new TokenRows(rows);
        List<int[]> batches = texts.batches(Long.MAX_VALUE);
        assertThat(batches.stream().flatMapToInt(Arrays::stream).sorted().toArray())
                .containsExactly(IntStream.range(0, 40).toArray());
        assertThat(batches).hasSizeBetween(4, 12);
        long padded = batches.stream()
                .map(texts::batch)
                .mapToLong(batch -> (long) batch.input().rows() * batch.length())
                .sum();
        assertThat((double) padded / texts.tokens()).isLessThan(1.2);
    }

    @Test
    void paddingIsNoTokenAndNothingIsPredictedAcrossABorder() {
        TokenBatch batch = TokenRows.cutAtBorders(
                        new int[][] {{1, 2, 3, 4, 5}, {6, 7}}, new int[][] {{0, 0, 1, 1, 1}, {2, 2}})
                .batch(new int[] {0, 1});
        assertThat(batch.places()).containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(Arrays.stream(batch.places()).filter(batch::isFollowed)).containsExactly(0, 2, 3, 5);
        assertThat(Arrays.stream(batch.places()).map(batch::position)).containsExactly(0, 1, 0, 1, 2, 0, 1);
        assertThat(Arrays.stream(batch.places()).map(batch::id)).containsExactly(1, 2, 3, 4, 5, 6, 7);
        assertThat(batch.isFull()).isFalse();
        TokenBatch apart = new TokenRows(new int[][] {{1, 2}, {3, 4, 5}, {6}}).batch(new int[] {0, 1, 2});
        assertThat(apart.places()).containsExactly(0, 1, 3, 4, 5, 6);
        assertThat(Arrays.stream(apart.places()).filter(apart::isFollowed)).containsExactly(0, 3, 4);
    }
}

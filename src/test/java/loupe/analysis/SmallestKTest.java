package loupe.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmallestKTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "3, 10", "10, 3", "500, 20000", "7, 600", "512, 1024"})
    void keepsWhatSortingWouldPutFirstWithTiesToTheLowerId(int k, int count) {
        Random random = new Random(k * 31L + count);
        double[] keys = new double[count];
        for (int i = 0; i < count; i++) {
            keys[i] = random.nextInt(Math.max(2, count / 4));
        }
        Integer[] sorted = new Integer[count];
        Arrays.setAll(sorted, i -> i);
        Arrays.sort(sorted, Comparator.<Integer>comparingDouble(i -> keys[i]).thenComparing(i -> i));
        SmallestK smallest = new SmallestK().reset(k);
        for (int i = count - 1; i >= 0; i--) {
            smallest.offer(keys[i], i);
        }
        int size = smallest.finish();
        assertThat(size).isEqualTo(Math.min(k, count));
        for (int rank = 0; rank < size; rank++) {
            assertThat(smallest.id(rank)).isEqualTo(sorted[rank]);
            assertThat(smallest.key(rank)).isEqualTo(keys[sorted[rank]]);
        }
    }

    @Test
    void aDescendingRowCostsNoMoreThanItsTurnsAndNaNIsNeverKept() {
        SmallestK smallest = new SmallestK().reset(2);
        for (int i = 5000; i > 0; i--) {
            smallest.offer(i, i);
            smallest.offer(Double.NaN, -i);
        }
        assertThat(smallest.finish()).isEqualTo(2);
        assertThat(new int[] {smallest.id(0), smallest.id(1)}).containsExactly(1, 2);
    }
}

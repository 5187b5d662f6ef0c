package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import loupe.lm.HostWeight;
import org.junit.jupiter.api.Test;

class StoredParameterTest {
    /** As of the embedding of Gemma 2 2B, which lies in two buffers. */
    @Test
    void theLargestBufferIsReadToItsEnd() {
        int capacity = (int) (HostWeight.LARGEST_BLOCK / (4 * 2304) * (4 * 2304));
        List<Integer> positions = new ArrayList<>();
        long[] sum = new long[1];
        StoredParameter.inPieces(capacity, 1 << 20, (position, length) -> {
            positions.add(position);
            sum[0] += length;
        });
        assertThat(positions).isSorted().doesNotHaveDuplicates().allMatch(position -> position >= 0);
        assertThat(sum[0]).isEqualTo(capacity);
    }
}

package loupe.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class DirectMemoryTest {
    private static final int SIZE = 64 << 20;

    /** In halves of the size, because buffers of other tests may be collected meanwhile. */
    @Test
    void theMostThatWasHeldIsRememberedWhenItHasBeenGivenBack() {
        DirectMemory.forgetMost();
        long before = DirectMemory.held();
        ByteBuffer first = DirectMemory.allocate(SIZE);
        ByteBuffer second = DirectMemory.allocate(SIZE);
        assertThat(first.order()).isEqualTo(ByteOrder.nativeOrder());
        assertThat(DirectMemory.held()).isBetween(before + SIZE, before + 2L * SIZE);
        DirectMemory.free(first);
        DirectMemory.free(second);
        DirectMemory.free(second);
        assertThat(DirectMemory.held()).isLessThan(before + SIZE / 2);
        assertThat(DirectMemory.mostHeld()).isGreaterThan(before + SIZE);
        DirectMemory.forgetMost();
        assertThat(DirectMemory.mostHeld()).isLessThan(before + SIZE / 2);
    }
}

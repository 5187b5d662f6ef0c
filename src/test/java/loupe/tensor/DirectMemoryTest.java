package loupe.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class DirectMemoryTest {
    private static final int SIZE = 64 << 20;

    @Test
    void whatIsFreedIsHeldNoMoreAndMayBeFreedTwice() {
        HeldMemory.freeGarbage();
        long before = HeldMemory.bytes();
        ByteBuffer first = DirectMemory.allocate(SIZE);
        ByteBuffer second = DirectMemory.allocate(SIZE);
        assertThat(first.order()).isEqualTo(ByteOrder.nativeOrder());
        assertThat(HeldMemory.bytes()).isEqualTo(before + 2L * SIZE);
        DirectMemory.free(first);
        DirectMemory.free(second);
        DirectMemory.free(second);
        assertThat(HeldMemory.bytes()).isEqualTo(before);
    }
}

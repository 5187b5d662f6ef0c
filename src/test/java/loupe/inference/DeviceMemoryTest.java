package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import loupe.base.Cancellation;
import loupe.base.OutOfDeviceMemoryException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Weights of 1000 bytes each on a device that may hold 2500 between steps. */
class DeviceMemoryTest {
    private static final int FLOATS = 250;

    private final NDManager root = NDManager.newBaseManager();
    private final DeviceMemory memory = new DeviceMemory(root, "CPU", 2500);

    @AfterEach
    void closeEngine() {
        root.close();
    }

    @Test
    void theCheckpointUsedLongestAgoMakesRoom() {
        Resident<Weights> a = weights("a", true);
        Resident<Weights> b = weights("b", true);
        Resident<Weights> c = weights("c", true);
        memory.require(a, Set.of());
        memory.require(b, Set.of());
        memory.require(a, Set.of());
        memory.require(c, Set.of());
        assertThat(a.isOnDevice()).isTrue();
        assertThat(b.isOnDevice()).isFalse();
        assertThat(c.isOnDevice()).isTrue();
        assertThat(memory.usedBytes()).isEqualTo(2000);
    }

    @Test
    void anEvictedCheckpointIsUploadedAgainWhenAskedFor() {
        Resident<Weights> sae = weights("sae", true);
        memory.require(sae, Set.of());
        assertThat(memory.freeAllBut(Set.of())).isEqualTo(1000);
        assertThat(memory.usedBytes()).isZero();
        assertThat(sumOf(sae)).isEqualTo(FLOATS);
    }

    @Test
    void modelsAndWhatTheStepHasBorrowedStay() {
        Resident<Weights> model = weights("model", false);
        Resident<Weights> borrowed = weights("borrowed", true);
        memory.require(model, Set.of());
        memory.require(borrowed, Set.of());
        assertThat(memory.freeAllBut(Set.of(borrowed))).isZero();
        assertThatThrownBy(() -> memory.require(weights("new", true), Set.of(borrowed)))
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContaining("new needs")
                .hasMessageContaining("(CPU)")
                .hasMessageContaining("model 0.0 MiB, borrowed 0.0 MiB");
    }

    @Test
    void whatAGpuHasNoRoomForIsRefusedWithWhatThereIs() {
        memory.require(weights("a", true), Set.of());
        memory.require(weights("model", false), Set.of());
        Path file = Path.of("large");
        memory.requireRoom(file, 1500, false);
        assertThatThrownBy(() -> memory.requireRoom(file, 1501, false))
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageStartingWith("large needs 0.0 MiB as float32 on the device (CPU)");
        memory.requireRoom(file, 500, true);
        assertThatThrownBy(() -> memory.requireRoom(file, 501, true)).isInstanceOf(OutOfDeviceMemoryException.class);
    }

    @Test
    void aFailedUploadLeavesNothingBehind() {
        int before = ManagerPeek.count(root);
        Resident<Weights> broken = new Resident<>(
                "broken",
                1000,
                true,
                owner -> {
                    owner.ones(new Shape(FLOATS));
                    throw new IllegalStateException("a deliberate failure of this test");
                },
                value -> List.of(),
                () -> {});
        assertThatThrownBy(() -> memory.require(broken, Set.of())).hasMessageContaining("deliberate");
        assertThat(broken.isOnDevice()).isFalse();
        assertThat(memory.usedBytes()).isZero();
        assertThat(ManagerPeek.count(root)).isEqualTo(before);
    }

    @Test
    void releasingGivesTheMemoryBackFiftyTimesOver() {
        int before = ManagerPeek.count(root);
        for (int i = 0; i < 50; i++) {
            Resident<Weights> sae = weights("sae " + i, true);
            assertThat(sumOf(sae)).isEqualTo(FLOATS);
            memory.release(sae);
        }
        assertThat(memory.usedBytes()).isZero();
        assertThat(ManagerPeek.count(root)).isEqualTo(before);
    }

    @Test
    void whatStartsFromAWeightBelongsToTheStep() {
        Resident<Weights> sae = weights("sae", true);
        NDArray weight;
        NDArray product;
        try (StepScope scope = scope()) {
            weight = scope.lend(sae).array();
            product = weight.mul(2).get("3:5").add(weight.sum());
            assertThat(product.getManager()).isSameAs(scope.arrays());
        }
        NDArray closed = product;
        assertThatThrownBy(closed::toFloatArray).isInstanceOf(IllegalStateException.class);
        assertThat(weight.getManager().getManagedArrays()).containsExactly(weight);
        assertThatThrownBy(() -> weight.mul(2)).as("outside a step").isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aSharedArrayIsMadeOnceAndComesBackAfterEachStep() {
        int[] made = {0};
        for (int i = 0; i < 3; i++) {
            try (StepScope scope = scope()) {
                NDArray array = scope.kept("residual stream of a prompt", () -> {
                    made[0]++;
                    return scope.arrays().ones(new Shape(10));
                });
                assertThat(scope.kept("residual stream of a prompt", () -> null))
                        .isSameAs(array);
                assertThat(array.add(1).getManager()).isSameAs(scope.arrays());
                assertThat(array.sum().getFloat()).isEqualTo(10);
            }
        }
        assertThat(made[0]).isEqualTo(1);
        assertThat(memory.usedBytes()).isEqualTo(40);
    }

    @Test
    void sharedArraysMakeRoomFirst() {
        Resident<Weights> a = weights("a", true);
        memory.require(a, Set.of());
        try (StepScope scope = scope()) {
            scope.kept("key", () -> scope.arrays().ones(new Shape(200)));
        }
        memory.require(weights("b", true), Set.of());
        assertThat(a.isOnDevice()).isTrue();
        assertThat(memory.usedBytes()).isEqualTo(2000);
    }

    @Test
    void aSharedArrayThatMakesRoomWhileLentLastsToTheEndOfTheStep() {
        NDArray array;
        try (StepScope scope = scope()) {
            array = scope.kept("key", () -> scope.arrays().ones(new Shape(10)));
            memory.freeAllBut(Set.of());
            assertThat(array.sum().getFloat()).isEqualTo(10);
        }
        NDArray closed = array;
        assertThatThrownBy(closed::toFloatArray).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aWeightIsRefusedAsASharedArray() {
        Resident<Weights> sae = weights("sae", true);
        try (StepScope scope = scope()) {
            NDArray weight = scope.lend(sae).array();
            assertThatThrownBy(() -> scope.kept("key", () -> weight)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void outOfMemoryIsToldFromOtherFailuresByTheEnginesWords() {
        assertThat(DeviceMemory.isOutOfMemory(new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB")))
                .isTrue();
        assertThat(DeviceMemory.isOutOfMemory(new EngineException(
                        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")))
                .isTrue();
        assertThat(DeviceMemory.isOutOfMemory(new OutOfMemoryError("Cannot reserve 16 bytes of direct buffer memory")))
                .isTrue();
        assertThat(DeviceMemory.isOutOfMemory(new EngineException("mat1 and mat2 shapes cannot be multiplied")))
                .isFalse();
        assertThat(DeviceMemory.isOutOfMemory(new IllegalStateException("out of memory")))
                .isFalse();
    }

    @Test
    void theEnginesOwnRefusalOfAHugeArrayIsRecognised() {
        try (NDManager step = root.newSubManager()) {
            assertThatThrownBy(() -> step.zeros(new Shape(1L << 46))).matches(DeviceMemory::isOutOfMemory);
        }
    }

    private StepScope scope() {
        return new StepScope(
                memory, new AnswerCache(1 << 20), id -> null, id -> null, id -> null, new Cancellation(), () -> false);
    }

    private float sumOf(Resident<Weights> resident) {
        try (StepScope scope = scope()) {
            return scope.lend(resident).array().sum().getFloat();
        }
    }

    private static Resident<Weights> weights(String name, boolean evictable) {
        return new Resident<>(
                name,
                4 * FLOATS,
                evictable,
                owner -> new Weights(owner.ones(new Shape(FLOATS))),
                value -> List.of(value.array()),
                () -> {});
    }

    private record Weights(NDArray array) implements AutoCloseable {
        @Override
        public void close() {
            array.close();
        }
    }
}

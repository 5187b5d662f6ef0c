package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.base.MachineMemory;
import loupe.base.MemoryBudget;
import loupe.base.OutOfDeviceMemoryException;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HeldMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A machine whose memory is enough for one and a half of the checkpoints. */
@Timeout(120)
class RoomForWeightsTest {
    private static final int FEATURES = 150_000;

    @TempDir
    Path folder;

    private long bytes;
    private long limit;
    private LocalInferenceService service;

    @BeforeEach
    void writeFiles() throws IOException {
        TinyModel.writeTo(folder.resolve("tiny"));
        TinySae.writeTo(folder.resolve("a"), 1, FEATURES);
        TinySae.writeTo(folder.resolve("b"), 2, FEATURES);
        bytes = SaeFile.read(folder.resolve("a"), SaeOptions.AS_STORED).bytesToRead();
        HeldMemory.freeGarbage(); // later it would make room
        limit = HeldMemory.bytes() + bytes + bytes / 2;
    }

    @AfterEach
    void closeService() {
        service.close();
    }

    @Test
    void aCommandsSecondCheckpointIsRefusedBesideTheFirst() {
        service = service(true);
        open("a");
        long before = HeldMemory.bytes();
        assertThatThrownBy(() -> open("b"))
                .hasCauseInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContaining(folder.resolve("b") + " needs " + MemoryBudget.size(bytes))
                .hasMessageContaining("there is room for");
        assertThat(HeldMemory.bytes() - before).isLessThan(bytes / 4);
    }

    @Test
    void aWindowsSecondCheckpointMakesTheFirstGiveWay() {
        service = service(false);
        OpenSae a = open("a");
        OpenSae b = open("b");
        assertThat(service.status().residentBytes()).isEqualTo(bytes);
        assertThat(decoderOf(b)).isNotEqualTo(decoderOf(a));
    }

    @Test
    void whatDoesNotFitEvenAloneMakesNothingGiveWay() throws IOException {
        service = service(false);
        open("a");
        TinySae.writeTo(folder.resolve("large"), 3, 2 * FEATURES);
        assertThatThrownBy(() -> open("large")).hasCauseInstanceOf(OutOfDeviceMemoryException.class);
        assertThat(service.status().residentBytes()).isEqualTo(bytes);
    }

    @Test
    void checkpointsReadAtTheSameTimeAreCountedTogether() {
        service = service(true);
        List<CompletionStage<OpenSae>> both = Stream.of("a", "b")
                .map(name -> service.openSae(folder.resolve(name), SaeOptions.AS_STORED))
                .toList();
        assertThat(both.stream().filter(one -> failed(one)).count()).isEqualTo(1);
    }

    @Test
    void aModelAsksForRoomToo() {
        limit = HeldMemory.bytes() + 100;
        service = service(true);
        assertThatThrownBy(() -> service.openModel(folder.resolve("tiny"), Processing.RAW)
                        .toCompletableFuture()
                        .join())
                .hasCauseInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContaining(folder.resolve("tiny") + " needs ");
    }

    private LocalInferenceService service(boolean keepsAll) {
        return new LocalInferenceService(
                Device.CPU, keepsAll, new FileLoader(), new MemoryBudget(new MachineMemory(folder, new Machine())));
    }

    private OpenSae open(String name) {
        return service.openSae(folder.resolve(name), SaeOptions.AS_STORED)
                .toCompletableFuture()
                .join();
    }

    private static boolean failed(CompletionStage<?> stage) {
        return stage.handle((answer, failure) -> failure != null)
                .toCompletableFuture()
                .join();
    }

    private float[] decoderOf(OpenSae sae) {
        Query.Single<float[]> query = scope -> scope.sae(sae.id()).decoderDirection(0);
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    /** As much as can be, so that the limit of direct buffers, which is what the test sets, is what counts. */
    private final class Machine implements MachineMemory.Java {
        @Override
        public long machineBytes() {
            return 1L << 42;
        }

        @Override
        public long heapHeld() {
            return 0;
        }

        @Override
        public long heapGrowth() {
            return 0;
        }

        @Override
        public long directLimit() {
            return limit;
        }

        @Override
        public long directUsed() {
            return HeldMemory.bytes();
        }
    }
}

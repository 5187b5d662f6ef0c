package loupe.inference;

import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.util.cuda.CudaUtils;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reports the engine and the devices that it can use. Fails, as every query then does, if the engine cannot be loaded.
 */
public record EngineReport() implements Query.Single<EngineReport.Answer> {
    /**
     * What computes, and where.
     *
     * @param engine such as {@code PyTorch}
     * @param version of the engine's native library
     * @param device name of the device on which this service computes
     * @param budgetBytes how much may stay there between steps
     * @param cuda whether the engine was built for GPUs and finds one
     * @param mkl whether it multiplies matrices with Intel's library
     */
    public record Answer(
            String engine,
            String version,
            String device,
            long budgetBytes,
            boolean cuda,
            boolean mkl,
            boolean openMp,
            List<Gpu> gpus) {}

    /**
     * A graphics card that the engine finds.
     *
     * @param memory as the driver counts it; empty if it does not say
     */
    public record Gpu(String name, String computeCapability, Optional<MemoryUsage> memory) {}

    @Override
    public Answer answer(Scope scope) {
        Engine engine = Device.engine();
        ai.djl.Device device = scope.arrays().getDevice();
        List<Gpu> gpus = new ArrayList<>();
        if (Device.hasCuda()) {
            for (int i = 0; i < engine.getGpuCount(); i++) {
                gpus.add(new Gpu(
                        "cuda:" + i, CudaUtils.getComputeCapability(i), Device.gpuMemory(ai.djl.Device.gpu(i))));
            }
        }
        return new Answer(
                engine.getEngineName(),
                engine.getVersion(),
                Device.describe(device),
                Device.budget(device),
                Device.hasCuda(),
                engine.hasCapability(StandardCapabilities.MKL),
                engine.hasCapability(StandardCapabilities.OPENMP),
                List.copyOf(gpus));
    }

    @Override
    public boolean cacheable() {
        return false;
    }
}

package loupe.inference;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.util.cuda.CudaUtils;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.MachineMemory;
import loupe.base.NativeLibraries;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;

/**
 * The device that arrays live on: as requested ({@code auto}, {@code cpu}, {@code cuda}, {@code cuda:N}), and what that
 * resolves to on this machine. A value; the methods that ask the engine load it when called for the first time.
 *
 * @param request one of the four spellings
 */
public record Device(String request) {
    private static final Pattern SPELLING = Pattern.compile("auto|cpu|cuda(?::(\\d{1,3}))?");

    /** The first GPU the engine can use, else the CPU. */
    public static final Device AUTO = new Device("auto");

    public static final Device CPU = new Device("cpu");

    /** The share of the memory to use; the rest is left to other programs and, on a GPU, to the engine's own work. */
    private static final double SHARE_OF_MEMORY = 0.85;

    /** @throws Refusal if this is none of the spellings */
    public Device {
        request = request.toLowerCase(Locale.ROOT);
        if (!SPELLING.matcher(request).matches()) {
            throw new Refusal("The device is " + request, "auto, cpu, cuda or cuda:N", "");
        }
    }

    /** Whether the engine as it was installed can compute on GPUs of this machine. Loads the engine. */
    public static boolean hasCuda() {
        return engine().hasCapability(StandardCapabilities.CUDA) && engine().getGpuCount() > 0;
    }

    /**
     * The engine, which unpacks and loads its library when it is asked for the first time.
     *
     * @throws Refusal if that cannot be done
     */
    static Engine engine() {
        try {
            return Engine.getInstance();
        } catch (EngineException | LinkageError failure) {
            throw NativeLibraries.unusable("engine", failure);
        }
    }

    /**
     * The engine's name for it. Loads the engine.
     *
     * @throws DeviceMissingException if a requested GPU is missing
     */
    ai.djl.Device resolve() {
        boolean cuda = hasCuda();
        if (request.equals("cpu") || (request.equals("auto") && !cuda)) {
            return ai.djl.Device.cpu();
        }
        int index = index().orElse(0);
        if (!cuda) {
            throw new DeviceMissingException(
                    "The device " + request + " was asked for, but the engine finds no CUDA device",
                    "Use the CPU; `sae-loupe doctor` says what a GPU needs",
                    Remedy.give(Choice.DEVICE, "cpu"));
        }
        if (index >= engine().getGpuCount()) {
            throw new DeviceMissingException(
                    "The device " + request + " was asked for, but there are only cuda:0 to cuda:"
                            + (engine().getGpuCount() - 1),
                    "",
                    Remedy.give(Choice.DEVICE));
        }
        return ai.djl.Device.gpu(index);
    }

    /**
     * Whether weights may go to a GPU, as far as that can be told without loading the engine: if it was asked for, or
     * if it was not refused and there is a driver or an engine of the user's own.
     */
    boolean mayBeGpu() {
        return !request.equals("cpu")
                && (!request.equals("auto")
                        || Files.exists(Path.of("/dev/nvidiactl"))
                        || System.getenv("PYTORCH_LIBRARY_PATH") != null);
    }

    private OptionalInt index() {
        Matcher spelling = SPELLING.matcher(request);
        return spelling.matches() && spelling.group(1) != null
                ? OptionalInt.of(Integer.parseInt(spelling.group(1)))
                : OptionalInt.empty();
    }

    /** The device in words: {@code CPU}, {@code cuda:0 (compute capability 9.0)}. */
    static String describe(ai.djl.Device device) {
        if (!device.isGpu()) {
            return "CPU";
        }
        return "cuda:" + device.getDeviceId() + " (compute capability "
                + dotted(CudaUtils.getComputeCapability(device.getDeviceId())) + ")";
    }

    private static String dotted(String capability) {
        int last = capability.length() - 1;
        return last < 1 ? capability : capability.substring(0, last) + "." + capability.charAt(last);
    }

    /**
     * Bytes that weights and intermediate arrays may take on {@code device}: of a GPU a share of what is free there
     * now, of the CPU's memory what there would be if nothing else ran. Whether that is there when weights are to be
     * read is asked of {@link loupe.base.MemoryBudget} each time.
     */
    static long budget(ai.djl.Device device) {
        if (device.isGpu()) {
            return (long) (SHARE_OF_MEMORY
                    * gpuMemory(device)
                            .map(memory -> memory.getMax() - memory.getUsed())
                            .orElse(Long.MAX_VALUE / 2));
        }
        return MachineMemory.ofThisProcess().most();
    }

    /** Used and total memory of a GPU as its driver counts them; empty if the driver does not say. */
    static Optional<MemoryUsage> gpuMemory(ai.djl.Device device) {
        try {
            return Optional.of(CudaUtils.getGpuMemory(device));
        } catch (RuntimeException e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return request;
    }
}

package loupe.app.command;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.base.MachineMemory;
import loupe.base.NativeLibraries;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.index.Database;
import loupe.inference.DeviceMissingException;
import loupe.inference.EngineReport;
import picocli.CommandLine.Command;

/** {@code doctor}: the installed engine, devices, display and fonts, and what is missing. */
@Command(name = "doctor", description = "Check the installation: engine, device, libraries, memory, display and fonts.")
public final class DoctorCommand extends LoupeCommand<DoctorCommand.Result> {
    private static final int SECONDS_FOR_DRIVER = 5;

    /** Fonts for characters that DejaVu lacks, and their Debian packages. */
    private static final Map<String, String> FONTS = Map.of(
            "DejaVu Sans",
            "fonts-dejavu-core",
            "Droid Sans Fallback",
            "fonts-droid-fallback",
            "Symbola",
            "fonts-symbola");

    private final List<String> missing = new ArrayList<>();

    @Override
    public Result run(CommandContext context) {
        Java java = java();
        Engine engine = engine(context);
        Display display = display();
        Fonts fonts = fonts();
        return new Result(java, engine, libraries(), unpacked(), memory(), display, fonts, List.copyOf(missing));
    }

    /**
     * The result that is printed.
     *
     * @param libraries versions by name
     * @param unpacked libraries in native code
     * @param missing missing parts, and how to get them
     */
    record Result(
            Java java,
            Engine engine,
            Map<String, String> libraries,
            Unpacked unpacked,
            Memory memory,
            Display display,
            Fonts fonts,
            List<String> missing) {}

    /** The Java that runs this. */
    record Java(String version, String vendor, String system, int processors) {}

    /**
     * The engine, and the GPUs by its driver and environment. If the engine does not start, only the problem and the
     * components after it are present.
     *
     * @param roomBytes memory for weights and results
     * @param problem why the engine does not start
     * @param driver GPUs that the driver lists
     * @param libraryPath value of PYTORCH_LIBRARY_PATH
     * @param flavor value of PYTORCH_FLAVOR
     */
    record Engine(
            @LeftOutIfEmpty Optional<String> name,
            @LeftOutIfEmpty Optional<String> version,
            @LeftOutIfEmpty Optional<String> device,
            @LeftOutIfEmpty Optional<Long> roomBytes,
            @LeftOutIfEmpty Optional<Boolean> cuda,
            @LeftOutIfEmpty Optional<Boolean> mkl,
            @LeftOutIfEmpty Optional<Boolean> openmp,
            @LeftOutIfEmpty Optional<List<Gpu>> gpus,
            @LeftOutIfEmpty Optional<String> problem,
            List<String> driver,
            Optional<String> libraryPath,
            Optional<String> flavor) {}

    /** A GPU that the engine finds, with its memory if the driver reports it. */
    record Gpu(String name, String computeCapability, Optional<Long> usedBytes, Optional<Long> totalBytes) {
        static Gpu of(EngineReport.Gpu gpu) {
            return new Gpu(
                    gpu.name(),
                    gpu.computeCapability(),
                    gpu.memory().map(MemoryUsage::getUsed),
                    gpu.memory().map(MemoryUsage::getMax));
        }
    }

    /**
     * Libraries that are unpacked before they run.
     *
     * @param folder where those of the engine and the tokenizers are kept
     * @param temporaryFiles where the database's is copied to
     * @param database its version; left out if it does not start
     */
    record Unpacked(
            Optional<String> folder,
            String temporaryFiles,
            @LeftOutIfEmpty Optional<String> database) {}

    /** The machine's memory, and what Java's heap may take of it. */
    record Memory(long machineBytes, long heapLimitBytes) {}

    /**
     * The system's support for the window.
     *
     * @param gtk3 whether its library is there; left out where it is not needed
     */
    record Display(
            boolean present,
            @JsonProperty("DISPLAY") Optional<String> x11,
            @JsonProperty("WAYLAND_DISPLAY") Optional<String> wayland,
            @LeftOutIfEmpty Optional<Boolean> gtk3) {}

    /**
     * The fonts that Java finds.
     *
     * @param problem why they cannot be listed; left out where they can
     * @param families how many there are
     * @param present whether those that tokens need are there, by name
     */
    record Fonts(
            @LeftOutIfEmpty Optional<String> problem,
            @LeftOutIfEmpty Optional<Integer> families,
            @JsonAnyGetter Map<String, Boolean> present) {}

    private static Java java() {
        return new Java(
                System.getProperty("java.version"),
                System.getProperty("java.vendor"),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors());
    }

    private Engine engine(CommandContext context) {
        List<String> driver = gpusOfDriver();
        Optional<EngineReport.Answer> found = Optional.empty();
        Optional<String> problem = Optional.empty();
        try {
            found = Optional.of(context.ask(new EngineReport()));
        } catch (RuntimeException | LinkageError failure) {
            problem = Optional.of(
                    failure instanceof DeviceMissingException missingDevice
                            ? missingDevice.getMessage()
                            : Problem.of(failure).message());
        }
        if (found.isPresent() && !found.get().cuda() && !driver.isEmpty()) {
            missing.add("a CUDA build of the engine: the driver finds " + String.join("; ", driver)
                    + ", but this engine computes on the CPU only. "
                    + "Put libtorch 2.7.1 for CUDA 12.8 in a folder of its own, name its lib folder "
                    + "in PYTORCH_LIBRARY_PATH and set PYTORCH_FLAVOR=cu128");
        }
        problem.ifPresent(sentence -> missing.add("an engine that computes there: " + sentence));
        return new Engine(
                found.map(EngineReport.Answer::engine),
                found.map(EngineReport.Answer::version),
                found.map(EngineReport.Answer::device),
                found.map(EngineReport.Answer::budgetBytes),
                found.map(EngineReport.Answer::cuda),
                found.map(EngineReport.Answer::mkl),
                found.map(EngineReport.Answer::openMp),
                found.map(answer -> answer.gpus().stream().map(Gpu::of).toList()),
                problem,
                driver,
                Optional.ofNullable(System.getenv("PYTORCH_LIBRARY_PATH")),
                Optional.ofNullable(System.getenv("PYTORCH_FLAVOR")));
    }

    /** GPUs as NVIDIA's own tool lists them, whether or not the engine can use them; empty without the tool. */
    private static List<String> gpusOfDriver() {
        try {
            Process tool = new ProcessBuilder(
                            "nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                if (!tool.waitFor(SECONDS_FOR_DRIVER, TimeUnit.SECONDS) || tool.exitValue() != 0) {
                    return List.of();
                }
                return new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .map(String::strip)
                        .toList();
            } finally {
                tool.destroy();
            }
        } catch (IOException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    /** Versions by the names of the files on the class path. */
    private static Map<String, String> libraries() {
        Map<String, String> libraries = new LinkedHashMap<>();
        Arrays.stream(System.getProperty("java.class.path", "").split(java.io.File.pathSeparator))
                .map(entry -> Path.of(entry).getFileName())
                .filter(name -> name != null && name.toString().endsWith(".jar"))
                .map(name -> name.toString().substring(0, name.toString().length() - ".jar".length()))
                .filter(name ->
                        name.matches("(javafx-(base|controls)|controlsfx|org\\.jfree\\.chart\\.fx|atlantafx-base|api|"
                                + "pytorch-(engine|jni)|pytorch-native-[a-z0-9]+|tokenizers|jackson-databind|"
                                + "picocli)-\\d.*"))
                .filter(name -> !name.startsWith("javafx") || name.matches(".*\\d"))
                .sorted()
                .forEach(name -> {
                    String[] parts = name.split("-(?=\\d)", 2);
                    libraries.put(parts[0].equals("api") ? "djl-api" : parts[0], parts[1]);
                });
        return libraries;
    }

    private Unpacked unpacked() {
        String temporaryFiles = System.getProperty("java.io.tmpdir");
        Optional<String> database = Optional.empty();
        try {
            database = Optional.of(Database.require(Path.of(temporaryFiles)));
        } catch (Refusal refused) {
            missing.add("a database for indexes and tables: " + refused.getMessage());
        }
        return new Unpacked(NativeLibraries.folder().map(Path::toString), temporaryFiles, database);
    }

    private static Memory memory() {
        return new Memory(
                MachineMemory.ofThisProcess().total(), Runtime.getRuntime().maxMemory());
    }

    private Display display() {
        Optional<Boolean> gtk3 = Optional.empty();
        String x11 = System.getenv("DISPLAY");
        String wayland = System.getenv("WAYLAND_DISPLAY");
        boolean linux = System.getProperty("os.name").startsWith("Linux");
        boolean there = !linux || (x11 != null && !x11.isEmpty()) || (wayland != null && !wayland.isEmpty());
        if (linux) {
            boolean gtk = hasLibrary("libgtk-3.so.0");
            gtk3 = Optional.of(gtk);
            if (!there) {
                missing.add("a display for the window; every command and the tour work without one");
            }
            if (!gtk) {
                missing.add("GTK 3 for the window: apt install libgtk-3-0");
            }
        }
        return new Display(there, Optional.ofNullable(x11), Optional.ofNullable(wayland), gtk3);
    }

    private static boolean hasLibrary(String name) {
        return Stream.of(
                        "/usr/lib",
                        "/usr/lib/x86_64-linux-gnu",
                        "/usr/lib/aarch64-linux-gnu",
                        "/usr/lib64",
                        "/lib",
                        "/usr/local/lib")
                .anyMatch(folder -> Files.exists(Path.of(folder, name)));
    }

    private Fonts fonts() {
        List<String> families;
        try {
            families = List.of(GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames());
        } catch (RuntimeException | LinkageError e) {
            missing.add("the libraries that draw fonts: apt install libfreetype6 fontconfig");
            return new Fonts(Optional.of("fonts cannot be listed: " + e.getMessage()), Optional.empty(), Map.of());
        }
        Map<String, Boolean> present = new TreeMap<>();
        FONTS.keySet().forEach(family -> present.put(family, families.contains(family)));
        present.forEach((family, there) -> {
            if (!there) {
                missing.add("the font " + family + ", without which some tokens show as boxes: apt install "
                        + FONTS.get(family));
            }
        });
        return new Fonts(Optional.empty(), Optional.of(families.size()), present);
    }
}

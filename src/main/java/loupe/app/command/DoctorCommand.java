package loupe.app.command;

import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.base.Problem;
import loupe.inference.Device;
import loupe.inference.DeviceMissingException;
import loupe.inference.EngineReport;
import picocli.CommandLine.Command;

/** {@code doctor}: what there is to compute and to draw with, and what is missing. */
@Command(
        name = "doctor",
        description = "Say what engine, device, libraries, memory, display and fonts there are, and what is missing.")
public final class DoctorCommand extends LoupeCommand {
    private static final int SECONDS_FOR_DRIVER = 5;

    /** Fonts that show what DejaVu does not, and the Debian packages they are in. */
    private static final Map<String, String> FONTS = Map.of(
            "DejaVu Sans",
            "fonts-dejavu-core",
            "Droid Sans Fallback",
            "fonts-droid-fallback",
            "Symbola",
            "fonts-symbola");

    private final List<String> missing = new ArrayList<>();

    @Override
    public Map<String, Object> run(CommandContext context) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("java", java());
        report.put("engine", engine(context));
        report.put("libraries", libraries());
        report.put("memory", memory());
        report.put("display", display());
        report.put("fonts", fonts());
        report.put("missing", List.copyOf(missing));
        return report;
    }

    private static Map<String, Object> java() {
        Map<String, Object> java = new LinkedHashMap<>();
        java.put("version", System.getProperty("java.version"));
        java.put("vendor", System.getProperty("java.vendor"));
        java.put(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"));
        java.put("processors", Runtime.getRuntime().availableProcessors());
        return java;
    }

    private Map<String, Object> engine(CommandContext context) {
        Map<String, Object> engine = new LinkedHashMap<>();
        List<String> driver = gpusOfDriver();
        try {
            EngineReport.Answer found = context.ask(new EngineReport());
            engine.put("name", found.engine());
            engine.put("version", found.version());
            engine.put("device", found.device());
            engine.put("room_bytes", found.budgetBytes());
            engine.put("cuda", found.cuda());
            engine.put("mkl", found.mkl());
            engine.put("openmp", found.openMp());
            engine.put("gpus", found.gpus().stream().map(DoctorCommand::gpu).toList());
            if (!found.cuda() && !driver.isEmpty()) {
                missing.add(
                        "a CUDA build of the engine: the driver finds " + String.join("; ", driver)
                                + ", but this engine computes on the CPU only. "
                                + "Put libtorch 2.7.1 for CUDA 12.8 in a folder of its own, name its lib folder in PYTORCH_LIBRARY_PATH and set PYTORCH_FLAVOR=cu128");
            }
        } catch (RuntimeException | LinkageError failure) {
            String problem = failure instanceof DeviceMissingException
                    ? failure.getMessage()
                    : Problem.of(failure).message();
            engine.put("problem", problem);
            missing.add("an engine that computes there: " + problem);
        }
        engine.put("driver", driver);
        engine.put("library_path", System.getenv("PYTORCH_LIBRARY_PATH"));
        engine.put("flavor", System.getenv("PYTORCH_FLAVOR"));
        return engine;
    }

    private static Map<String, Object> gpu(EngineReport.Gpu gpu) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", gpu.name());
        row.put("compute_capability", gpu.computeCapability());
        row.put("used_bytes", gpu.memory().map(memory -> memory.getUsed()).orElse(null));
        row.put("total_bytes", gpu.memory().map(memory -> memory.getMax()).orElse(null));
        return row;
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
    private static Map<String, Object> libraries() {
        Map<String, Object> libraries = new LinkedHashMap<>();
        Arrays.stream(System.getProperty("java.class.path", "").split(java.io.File.pathSeparator))
                .map(entry -> Path.of(entry).getFileName())
                .filter(name -> name != null && name.toString().endsWith(".jar"))
                .map(name -> name.toString().substring(0, name.toString().length() - ".jar".length()))
                .filter(
                        name -> name.matches(
                                "(javafx-(base|controls)|controlsfx|org\\.jfree\\.chart\\.fx|atlantafx-base|api|pytorch-(engine|jni)|pytorch-native-[a-z0-9]+|tokenizers|jackson-databind|picocli)-\\d.*"))
                .filter(name -> !name.startsWith("javafx") || name.matches(".*\\d"))
                .sorted()
                .forEach(name -> {
                    String[] parts = name.split("-(?=\\d)", 2);
                    libraries.put(parts[0].equals("api") ? "djl-api" : parts[0], parts[1]);
                });
        return libraries;
    }

    private static Map<String, Object> memory() {
        Map<String, Object> memory = new LinkedHashMap<>();
        memory.put("machine_bytes", Device.machineMemory());
        memory.put("heap_limit_bytes", Runtime.getRuntime().maxMemory());
        return memory;
    }

    private Map<String, Object> display() {
        Map<String, Object> display = new LinkedHashMap<>();
        String x11 = System.getenv("DISPLAY");
        String wayland = System.getenv("WAYLAND_DISPLAY");
        boolean linux = System.getProperty("os.name").startsWith("Linux");
        boolean there = !linux || x11 != null && !x11.isEmpty() || wayland != null && !wayland.isEmpty();
        display.put("present", there);
        display.put("DISPLAY", x11);
        display.put("WAYLAND_DISPLAY", wayland);
        if (linux) {
            boolean gtk = hasLibrary("libgtk-3.so.0");
            display.put("gtk3", gtk);
            if (!there) {
                missing.add("a display for the window; every command and the tour work without one");
            }
            if (!gtk) {
                missing.add("GTK 3 for the window: apt install libgtk-3-0");
            }
        }
        return display;
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

    private Map<String, Object> fonts() {
        Map<String, Object> fonts = new LinkedHashMap<>();
        List<String> families;
        try {
            families = List.of(GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames());
        } catch (RuntimeException | LinkageError e) {
            fonts.put("problem", "fonts cannot be listed: " + e.getMessage());
            missing.add("the libraries that draw fonts: apt install libfreetype6 fontconfig");
            return fonts;
        }
        fonts.put("families", families.size());
        FONTS.keySet().stream().sorted().forEach(family -> {
            fonts.put(family, families.contains(family));
            if (!families.contains(family)) {
                missing.add("the font " + family + ", without which some tokens show as boxes: apt install "
                        + FONTS.get(family));
            }
        });
        return fonts;
    }
}

package loupe.faults;

import ai.djl.util.Utils;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.app.Main;

/**
 * The program in a Java of its own, with settings, cache and temporary files below a folder of its own. The native
 * libraries are the ones that this user has already, unless {@link #ownLibraries} is asked for.
 */
final class Program {
    private static final int MOST_MINUTES = 20;

    private final Path home;
    private final Map<String, String> environment = new HashMap<>();
    private final List<String> java = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx1g",
            "-XX:MaxDirectMemorySize=2g"));

    /** @param home made if missing; settings, cache, temporary files and what is printed lie below it */
    Program(Path home) throws IOException {
        this.home = home.toAbsolutePath();
        Files.createDirectories(temporary());
        environment.put("HOME", this.home.toString());
        environment.put("XDG_CONFIG_HOME", this.home.resolve("config").toString());
        environment.put("XDG_CACHE_HOME", this.home.resolve("cache").toString());
        environment.put("DJL_CACHE_DIR", Utils.getCacheDir().toString());
        environment.put("OMP_NUM_THREADS", "1");
        environment.put("OMP_WAIT_POLICY", "PASSIVE");
        environment.put("LC_ALL", "C.UTF-8");
        environment.put("DISPLAY", "");
        environment.put("WAYLAND_DISPLAY", "");
        java.add("-Djava.io.tmpdir=" + temporary());
        java.add("-XX:ErrorFile=" + this.home.resolve("crash-%p.log"));
        java.addAll(Arrays.asList(
                System.getProperty("loupe.faults.java", "-Xshare:auto").split(" ")));
    }

    /** The folder for temporary files. */
    Path temporary() {
        return home.resolve("tmp");
    }

    Path home() {
        return home;
    }

    /** Sets a variable of the environment; with null removes it. */
    Program with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Unpacks the engine's and the tokenizers' libraries below the home instead of taking the ones that are there. */
    Program ownLibraries() {
        environment.put("DJL_CACHE_DIR", null);
        return this;
    }

    /** Starts a command, or with no argument the window. */
    Running start(Object... arguments) throws IOException {
        return start(Main.class, arguments);
    }

    Running start(Class<?> main, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(java);
        command.addAll(List.of("-cp", classPath(), main.getName()));
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        Path out = Files.createTempFile(temporary().getParent(), "out", null);
        Path err = Files.createTempFile(temporary().getParent(), "err", null);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        environment.forEach((variable, value) -> {
            if (value == null) {
                builder.environment().remove(variable);
            } else {
                builder.environment().put(variable, value);
            }
        });
        builder.environment().remove("ENGINE_CACHE_DIR");
        return new Running(builder.start(), out, err);
    }

    Ended run(Object... arguments) throws IOException, InterruptedException {
        return start(arguments).ended();
    }

    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** A process that has been started. */
    record Running(Process process, Path out, Path err) {
        /** Waits for its end. */
        Ended ended() throws IOException, InterruptedException {
            if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("it has not ended: " + Files.readString(err));
            }
            Ended ended = new Ended(process.exitValue(), read(out), read(err));
            Files.deleteIfExists(out);
            Files.deleteIfExists(err);
            return ended;
        }

        /** Ends it as the system does, with nothing run any more. */
        void kill() throws InterruptedException {
            process.destroyForcibly().waitFor();
        }

        private static String read(Path file) throws IOException {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        }
    }

    /** What a process that has ended left. */
    record Ended(int code, String out, String err) {
        /** Whether it did what it was asked. */
        boolean isDone() {
            return code == 0;
        }

        /** Whether it refused with a sentence, and not with a stack trace. */
        boolean isSentence() {
            return (code == 2 || code == 3 || code == 4)
                    && Stream.of("Exception", "\tat ", "Something went wrong", "Please report")
                            .noneMatch(err::contains)
                    && !err.isBlank();
        }

        /** The last line of its errors. */
        String sentence() {
            return err.strip().lines().reduce("", (before, line) -> line);
        }
    }
}

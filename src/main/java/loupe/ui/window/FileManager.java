package loupe.ui.window;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import loupe.state.window.Workbench;

/** Opens folders in the system's file manager, in the background. */
final class FileManager {
    private static final int PATIENCE_SECONDS = 10;

    private final Workbench workbench;
    private final List<String> command;

    FileManager(Workbench workbench) {
        this(workbench, ofSystem(System.getProperty("os.name")));
    }

    /** @param command the program that opens a folder, which is given as its last argument */
    FileManager(Workbench workbench, List<String> command) {
        this.workbench = workbench;
        this.command = command;
    }

    static List<String> ofSystem(String name) {
        String system = name.toLowerCase(Locale.ROOT);
        return system.startsWith("windows")
                ? List.of("explorer.exe")
                : system.startsWith("mac") ? List.of("open") : List.of("xdg-open");
    }

    /** Opens the folder that a file lies in; a notice says so where no program can. */
    void showFolderOf(Path file) {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file lies in a folder");
        workbench.service().files().execute(() -> {
            if (!opens(folder)) {
                workbench
                        .fx()
                        .execute(() -> workbench
                                .notices()
                                .add("No program of this system opens folders (" + command.get(0) + "): " + folder));
            }
        });
    }

    private boolean opens(Path folder) {
        try {
            Process started = new ProcessBuilder(Stream.concat(command.stream(), Stream.of(folder.toString()))
                            .toList())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            // Explorer's exit status says nothing, and a file manager that stays open has opened the folder.
            return !started.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    || started.exitValue() == 0
                    || command.get(0).startsWith("explorer");
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}

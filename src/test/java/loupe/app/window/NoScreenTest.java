package loupe.app.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The program where a window has nowhere to go, in a process of its own: this one draws without a screen. */
@Timeout(120)
class NoScreenTest {
    @TempDir
    Path home;

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere a screen is not chosen by the environment")
    void theWorkbenchSaysThatItNeedsAScreen() throws IOException, InterruptedException {
        ProcessBuilder program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-Duser.home=" + home,
                        "loupe.app.Main")
                .redirectErrorStream(true);
        Map<String, String> environment = program.environment();
        environment.keySet().removeAll(Set.of("DISPLAY", "WAYLAND_DISPLAY", "JAVA_TOOL_OPTIONS"));
        for (String folder : Set.of("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")) {
            environment.put(folder, home.toString());
        }
        Process running = program.start();
        String said = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said).contains("cannot open its window here", "tour").doesNotContain("Internal error");
        assertThat(running.waitFor()).isEqualTo(3);
    }
}

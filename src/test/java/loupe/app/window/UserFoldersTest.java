package loupe.app.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserFoldersTest {
    private static final Path HOME = Path.of("/home/ada");

    @TempDir
    Path folder;

    @Test
    void onLinuxSettingsAndCacheLieInTheHomeFolder() {
        UserFolders folders = of(Map.of(), "Linux");
        assertThat(folders.session()).isEqualTo(Path.of("/home/ada/.config/sae-loupe/session.json"));
        assertThat(folders.indexes()).isEqualTo(Path.of("/home/ada/.cache/sae-loupe/indexes"));
    }

    @Test
    void onLinuxTheBaseDirectoriesOfTheEnvironmentCount() {
        UserFolders folders = of(Map.of("XDG_CONFIG_HOME", "/etc/ada", "XDG_CACHE_HOME", "/var/cache/ada"), "Linux");
        assertThat(folders.config()).isEqualTo(Path.of("/etc/ada/sae-loupe"));
        assertThat(folders.cache()).isEqualTo(Path.of("/var/cache/ada/sae-loupe"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "relative", "./here"})
    void anEmptyOrRelativeVariableCountsAsNotSet(String empty) {
        UserFolders folders = of(Map.of("XDG_CONFIG_HOME", empty, "XDG_CACHE_HOME", empty), "Linux");
        assertThat(folders).isEqualTo(of(Map.of(), "Linux"));
    }

    @Test
    void theHomeOfTheEnvironmentGoesBeforeTheSystems() {
        assertThat(UserFolders.home("/app", HOME)).isEqualTo(Path.of("/app"));
        assertThat(UserFolders.home(null, HOME)).isEqualTo(HOME);
        assertThat(UserFolders.home("app", HOME)).isEqualTo(HOME);
        assertThat(UserFolders.home(null, Path.of("?")))
                .as("of a user that the system does not know")
                .isAbsolute();
    }

    @Test
    void onMacTheyLieInTheLibrary() {
        UserFolders folders = of(Map.of("XDG_CONFIG_HOME", "/etc/ada"), "Mac OS X");
        assertThat(folders.config()).isEqualTo(HOME.resolve("Library/Application Support/SAE Loupe"));
        assertThat(folders.indexes()).isEqualTo(HOME.resolve("Library/Caches/SAE Loupe/indexes"));
    }

    @Test
    void onWindowsSettingsRoamAndTheCacheStays() {
        UserFolders folders = of(Map.of("APPDATA", "/roaming", "LOCALAPPDATA", "/local"), "Windows 11");
        assertThat(folders.config()).isEqualTo(Path.of("/roaming", "SAE Loupe"));
        assertThat(folders.indexes()).isEqualTo(Path.of("/local", "SAE Loupe", "indexes"));
    }

    @Test
    void theSampleBesideTheProgramComesFirst() throws IOException {
        Path sample = Files.createDirectory(folder.resolve("sample-checkpoints"));
        assertThat(UserFolders.of(Map.of(), "Linux", HOME, Optional.of(folder)).sample())
                .contains(sample);
    }

    private static UserFolders of(Map<String, String> environment, String os) {
        return UserFolders.of(environment, os, HOME, Optional.empty());
    }
}

package loupe.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a project that is built, with a Java that only says which process it is. */
@Timeout(120)
class LauncherTest {
    private static final Path PACKAGING = Path.of(System.getProperty("basedir", ""), "packaging");

    @TempDir
    Path folder;

    private Path classes;

    /** Of the last launch. */
    private long process;

    @BeforeEach
    void aBuiltProject() throws IOException {
        Path packaging = Files.createDirectories(folder.resolve("packaging"));
        for (String name : List.of("sae-loupe", "setup", "java.options")) {
            Files.copy(PACKAGING.resolve(name), packaging.resolve(name));
        }
        Files.createDirectories(folder.resolve("src/main"));
        Files.writeString(folder.resolve("pom.xml"), "");
        Path target = Files.createDirectories(folder.resolve("target"));
        Path jar = Files.writeString(target.resolve("sae-loupe-0.jar"), "");
        Path stamp = Files.writeString(target.resolve("sae-loupe.classpath"), jar.toString());
        Files.setLastModifiedTime(folder.resolve("pom.xml"), FileTime.from(Instant.EPOCH));
        Files.setLastModifiedTime(folder.resolve("src/main"), FileTime.from(Instant.EPOCH));
        Files.setLastModifiedTime(stamp, FileTime.from(Instant.EPOCH.plusSeconds(10)));
        classes = target.resolve("sae-loupe.jsa");
        program("java", "[ \"$*\" = '-XX:+UseShenandoahGC -version' ] || printf '%s\\n' $$ \"$@\"");
        program("ldconfig", "echo libgtk-3.so libXtst.so libXxf86vm.so libGL.so libpangoft2-1.0.so");
        program("fc-list", "echo Droid Sans Fallback, Symbola");
    }

    @Test
    void aCommandRunsInTheLaunchersOwnProcess() throws Exception {
        assertThat(launched("inspect", "a file")).endsWith("loupe.app.Main", "inspect", "a file");
    }

    @Test
    void theWindowRunsInTheLaunchersOwnProcess() throws Exception {
        assertThat(launched()).endsWith("loupe.app.Main");
    }

    @Test
    void aWindowStartsFromTheClassesThatTheOneBeforeLeft() throws Exception {
        assertThat(launched()).contains("-XX:ArchiveClassesAtExit=" + part(process));
        Files.writeString(part(process), "classes");
        assertThat(launched())
                .contains("-XX:SharedArchiveFile=" + classes)
                .doesNotContain("-XX:ArchiveClassesAtExit=" + part(process));
        assertThat(classes).hasContent("classes");
    }

    @Test
    void classesThatAnotherWindowMayStillBeWritingAreLeftToIt() throws Exception {
        Path others = part(ProcessHandle.current().pid());
        Files.writeString(others, "classes");
        assertThat(launched()).contains("-XX:ArchiveClassesAtExit=" + part(process));
        assertThat(others).hasContent("classes");
        assertThat(classes).doesNotExist();
    }

    @Test
    void classesThatWereNotWrittenToTheEndAreNotUsed() throws Exception {
        launched();
        Path torn = Files.write(part(process), new byte[100]);
        assertThat(launched())
                .contains("-XX:ArchiveClassesAtExit=" + part(process))
                .doesNotContain("-XX:SharedArchiveFile=" + classes);
        assertThat(torn).doesNotExist();
    }

    private Path part(long number) {
        return Path.of(classes + "." + number + ".part");
    }

    /** The arguments that Java was started with, by the process that the launcher had been. */
    private List<String> launched(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(folder.resolve("packaging/sae-loupe").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder launcher = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        launcher.environment().put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
        launcher.environment().put("DISPLAY", ":0");
        Process java = launcher.start();
        process = java.pid();
        List<String> said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(java.waitFor(100, TimeUnit.SECONDS)).isTrue();
        assertThat(said).first().isEqualTo(Long.toString(process));
        return said.subList(1, said.size());
    }

    private void program(String name, String body) throws IOException {
        Path file = Files.createDirectories(folder.resolve("bin")).resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}

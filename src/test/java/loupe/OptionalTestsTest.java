package loupe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class OptionalTestsTest {
    @TempDir
    Path folder;

    @Test
    void whatNeedsNothingAlwaysRunsAndTheRestIsWrittenDown() throws IOException {
        Path leftOut = folder.resolve("left-out");
        assertThat(methods(Map.of(), leftOut)).containsExactly("plain()");
        assertThat(Files.readAllLines(leftOut))
                .containsExactlyInAnyOrder(
                        "real models\t" + Mixed.class.getName() + "#oneOfManyValues",
                        "real models\t" + Mixed.class.getName() + "#real",
                        "Python with duckdb, numpy, pandas and pyarrow\t" + InPython.class.getName() + "#tagged");
    }

    @Test
    void whatIsThereIsUsed() throws IOException {
        Path leftOut = folder.resolve("left-out");
        assertThat(methods(Map.of("loupe.shared", "somewhere", "loupe.python", "python3"), leftOut))
                .containsExactlyInAnyOrder("plain()", "real()", "oneOfManyValues(int)", "tagged()");
        assertThat(leftOut).doesNotExist();
    }

    @Test
    void dataThatIsMissingFailsATestThatWasAskedFor() {
        assertThatThrownBy(() -> RealData.file("no-such-model"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("data/no-such-model")
                .hasMessageContaining("src/test/README.md");
    }

    private static List<String> methods(Map<String, String> properties, Path leftOut) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(Mixed.class), selectClass(InPython.class))
                .filters(new OptionalTests(name -> properties.getOrDefault(name, ""), leftOut))
                .build();
        TestPlan plan = LauncherFactory.create(LauncherConfig.builder()
                        .enablePostDiscoveryFilterAutoRegistration(false)
                        .build())
                .discover(request);
        return plan.getRoots().stream()
                .flatMap(root -> plan.getDescendants(root).stream())
                .filter(test ->
                        test.getSource().filter(MethodSource.class::isInstance).isPresent())
                .map(TestIdentifier::getLegacyReportingName)
                .toList();
    }

    static final class Mixed {
        @Test
        void plain() {}

        @Test
        @Tag("real-data")
        void real() {}

        @ParameterizedTest
        @Tag("real-data")
        @ValueSource(ints = {1, 2})
        void oneOfManyValues(int value) {}
    }

    @Tag("python")
    static final class InPython {
        @Test
        void tagged() {}
    }
}

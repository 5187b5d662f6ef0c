package loupe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestTag;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.PostDiscoveryFilter;

/**
 * Leaves out the test methods whose tag says that they need what this project cannot ship, unless a system property
 * says where that is; any other test always runs. What was left out is written to a file, a line for each method, from
 * which {@code packaging/test} says at its end how many those were. JUnit finds this filter as a service.
 */
public final class OptionalTests implements PostDiscoveryFilter {
    private static final List<Need> NEEDS = List.of(
            new Need("real-data", "loupe.shared", "real models"),
            new Need("python", "loupe.python", "Python with duckdb, numpy, pandas and pyarrow"));

    private final UnaryOperator<String> properties;
    private final Path leftOut;

    /** Reads this process's properties and writes {@code target/optional-tests-not-run}. */
    public OptionalTests() {
        this(name -> System.getProperty(name, ""), Path.of("target", "optional-tests-not-run"));
    }

    OptionalTests(UnaryOperator<String> properties, Path leftOut) {
        this.properties = properties;
        this.leftOut = leftOut;
    }

    @Override
    public FilterResult apply(TestDescriptor test) {
        Optional<MethodSource> method =
                test.getSource().filter(MethodSource.class::isInstance).map(MethodSource.class::cast);
        Optional<Need> missing = NEEDS.stream()
                .filter(need -> test.getTags().contains(TestTag.create(need.tag)))
                .filter(need -> properties.apply(need.property).isBlank())
                .findFirst();
        if (method.isEmpty() || missing.isEmpty()) {
            return FilterResult.included("needs nothing that is missing");
        }
        write(missing.get().what + "\t" + method.get().getClassName() + "#"
                + method.get().getMethodName());
        return FilterResult.excluded("needs " + missing.get().what);
    }

    private void write(String line) {
        try {
            Files.createDirectories(leftOut.toAbsolutePath().getParent());
            Files.writeString(leftOut, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Need(String tag, String property, String what) {}
}

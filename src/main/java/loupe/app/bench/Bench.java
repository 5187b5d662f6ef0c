package loupe.app.bench;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;
import loupe.base.Cancellation;
import loupe.inference.InferenceService;
import loupe.inference.MachinePeak;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;
import org.jspecify.annotations.Nullable;

/**
 * The resources that benchmarks share: the service, the machine's peak, a temporary folder, and models that several of
 * them use.
 */
public final class Bench implements AutoCloseable {
    private static final List<Benchmark> OWN = List.of(
            new ForwardBenchmark(),
            new TreeBenchmark(),
            new TokensBenchmark(),
            new EncodeBenchmark(),
            new LoadBenchmark(),
            new MemoryBenchmark(),
            new NeighboursBenchmark(),
            new GeometryBenchmark(),
            new MatchingBenchmark(),
            new UnigramBenchmark(),
            new IndexBenchmark(),
            new SearchBenchmark(),
            new EffectsBenchmark(),
            new DreamBenchmark(),
            new LensBenchmark());
    private static final int PEAK_REPEATS = 5;

    private final InferenceService service;
    private final Consumer<String> report;
    private final Cancellation cancellation;
    private final Path temporary;
    private final IndexRun indexRun;
    private MachinePeak.@Nullable Answer peak;
    private @Nullable OpenModel gpt2Small;

    private final List<Benchmark> all;

    /**
     * @param more benchmarks that are not of this package
     * @param report takes a line about what is being measured
     * @param cancellation asked before each computation
     * @param indexRun how the index is to be measured
     */
    public Bench(
            InferenceService service,
            List<Benchmark> more,
            Consumer<String> report,
            Cancellation cancellation,
            IndexRun indexRun)
            throws IOException {
        this.service = service;
        all = Stream.concat(OWN.stream(), more.stream()).toList();
        this.report = report;
        this.cancellation = cancellation;
        this.indexRun = indexRun;
        temporary = Files.createTempDirectory("sae-loupe-bench");
    }

    /** Names of the benchmarks of this package. */
    public static List<String> names() {
        return OWN.stream().map(Benchmark::name).toList();
    }

    /** Runs some benchmarks, all for an empty list. */
    public Result run(List<String> names) throws IOException {
        Peak measured = new Peak(peak().sgemmGflops(), peak().readGbPerSecond());
        Map<String, Map<String, Object>> figures = new LinkedHashMap<>();
        for (Benchmark benchmark : all) {
            if (names.isEmpty() || names.contains(benchmark.name())) {
                report("measuring " + benchmark.name());
                figures.put(benchmark.name(), benchmark.run(this));
            }
        }
        return new Result(measured, figures);
    }

    /**
     * The result that is printed.
     *
     * @param figures of each benchmark by its name, each figure by its own: {@link Timing}s, plain numbers such as
     *     {@code ratio_to_peak}, and sentences
     */
    public record Result(Peak peak, @JsonAnyGetter Map<String, Map<String, Object>> figures) {}

    /** The peak of this machine: a product of large matrices, and reading memory. */
    public record Peak(double sgemmGflops, double readGbS) {}

    MachinePeak.Answer peak() {
        if (peak == null) {
            report("measuring the machine's peak");
            peak = ask(new MachinePeak(PEAK_REPEATS));
        }
        return peak;
    }

    /** A model of GPT-2 small's shape: 12 layers, 768 wide, 50,257 tokens. */
    OpenModel gpt2Small() throws IOException {
        if (gpt2Small == null) {
            report("making a model of GPT-2 small's shape");
            Path folder = BenchModels.gpt2(temporary.resolve("gpt2-small-shape"), 50_257, 1_024, 768, 12, 12);
            gpt2Small = openModel(folder);
        }
        return gpt2Small;
    }

    IndexRun indexRun() {
        return indexRun;
    }

    OpenSae open(Path checkpoint) {
        return await(service.openSae(checkpoint, SaeOptions.AS_STORED));
    }

    OpenModel openModel(Path folder) {
        return await(service.openModel(folder, Processing.RAW));
    }

    void close(OpenModel model) {
        await(service.close(model.id()));
    }

    void close(OpenSae sae) {
        await(service.close(sae.id()));
    }

    /** The inference service, shared by all benchmarks. */
    public InferenceService service() {
        return service;
    }

    /** A folder that is deleted when this is closed. */
    public Path temporary() {
        return temporary;
    }

    public void report(String line) {
        cancellation.check();
        report.accept(line);
    }

    <R> R ask(Query<R> query) {
        cancellation.check();
        return await(service.submit(query, Priority.VISIBLE).answer());
    }

    static <R> R await(CompletionStage<R> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Deletes the temporary folder. The service stays open. */
    @Override
    public void close() throws IOException {
        if (gpt2Small != null) {
            close(gpt2Small);
        }
        try (Stream<Path> files = Files.walk(temporary)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

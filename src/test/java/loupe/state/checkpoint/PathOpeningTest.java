package loupe.state.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.stream.Stream;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import loupe.Golden;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.app.command.CommandRun;
import loupe.app.window.Opening;
import loupe.format.SafetensorsWriter;
import loupe.index.PathKind;
import loupe.inference.OpenModel;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.window.Activity;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What a path is, asked by the window and by the command line: both must answer alike. */
class PathOpeningTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private final FakeService service = new FakeService();
    private final Notices notices = new Notices(Clock.systemUTC());
    private final Workbench workbench =
            new Workbench(service, Runnable::run, notices, new Activity(Runnable::run, () -> 0));
    private final ObjectProperty<CorpusFiles> corpus = new SimpleObjectProperty<>();
    private final ObjectProperty<Path> index = new SimpleObjectProperty<>();

    @TestFactory
    Stream<DynamicTest> theWindowAndTheCommandLineAnswerAlike() throws IOException {
        Map<Path, PathKind> cases = new LinkedHashMap<>();
        made(cases);
        goldens(cases);
        return cases.entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(one.getKey().toString().replace(folder.toString(), ""), () -> {
                    assertThat(PathKind.of(one.getKey())).isEqualTo(one.getValue());
                    assertThat(byWindow(one.getKey())).as("the window").isEqualTo(opened(one.getValue()));
                    assertThat(byOpening(one.getKey())).as("sae-loupe PATH").isEqualTo(opened(one.getValue()));
                    assertThat(byInspect(one.getKey()))
                            .as("inspect")
                            .isEqualTo(one.getValue().label());
                }));
    }

    /** What is of no known kind is opened as a checkpoint, which says why it is none. */
    private static PathKind opened(PathKind kind) {
        return kind == PathKind.UNKNOWN ? PathKind.CHECKPOINT : kind;
    }

    private static PathKind byWindow(Path path) {
        FakeService asked = new FakeService();
        Notices told = new Notices(Clock.systemUTC());
        ObjectProperty<CorpusFiles> text = new SimpleObjectProperty<>();
        ObjectProperty<Path> index = new SimpleObjectProperty<>();
        new PathOpening(
                        new Workbench(asked, Runnable::run, told, new Activity(Runnable::run, () -> 0)),
                        text::set,
                        index::set,
                        Runnable::run)
                .open(List.of(path), false);
        return asked.models.containsKey(path)
                ? PathKind.MODEL
                : asked.saes.containsKey(path)
                        ? PathKind.CHECKPOINT
                        : CorpusFiles.of(path).equals(text.get())
                                ? PathKind.CORPUS
                                : path.equals(index.get()) ? PathKind.INDEX : null;
    }

    private static PathKind byOpening(Path path) {
        Opening opening = Opening.of(List.of(path));
        return path.equals(opening.model())
                ? PathKind.MODEL
                : opening.saes().contains(path)
                        ? PathKind.CHECKPOINT
                        : List.of(path).equals(opening.corpus()) ? PathKind.of(path) : null;
    }

    private static String byInspect(Path path) throws IOException {
        CommandRun done = CommandRun.of("inspect", path, "--no-statistics", "--json");
        return done.code == 0 ? JSON.readTree(done.out).get("kind").textValue() : PathKind.UNKNOWN.label();
    }

    private void made(Map<Path, PathKind> cases) throws IOException {
        Path model = folder.resolve("model");
        TinyModel.writeTo(model);
        cases.put(model, PathKind.MODEL);
        cases.put(model.resolve("model.safetensors"), PathKind.UNKNOWN);
        Path newerModel = Files.createDirectory(folder.resolve("model-of-a-newer-kind"));
        Files.copy(model.resolve("model.safetensors"), newerModel.resolve("model.safetensors"));
        Files.writeString(newerModel.resolve("config.json"), "{\"model_type\": \"nobody-knows\"}");
        cases.put(newerModel, PathKind.MODEL);

        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        cases.put(sae, PathKind.CHECKPOINT);
        cases.put(sae.resolve("sae_weights.safetensors"), PathKind.CHECKPOINT);
        cases.put(sae.resolve("cfg.json"), PathKind.CHECKPOINT);
        cases.put(llamaScope(folder.resolve("Llama3_1-8B-Base-L3R-8x")), PathKind.CHECKPOINT);
        Path several = folder.resolve("several");
        TinySae.writeTo(several.resolve("layer-0"), 2);
        TinySae.writeTo(several.resolve("layer-1"), 3);
        cases.put(several, PathKind.UNKNOWN);
        Path damaged = TinySae.writeTo(folder.resolve("damaged"), 4);
        Files.write(damaged.resolve("sae_weights.safetensors"), new byte[] {9, 9, 9});
        cases.put(damaged, PathKind.UNKNOWN);
        Path typed = Files.createDirectory(folder.resolve("checkpoint-with-a-model-type"));
        fourTensors(9, 4).write(typed.resolve("model.safetensors"));
        Files.writeString(typed.resolve("config.json"), "{\"model_type\": \"topk_sae\", \"k\": 2}");
        cases.put(typed, PathKind.CHECKPOINT);

        Path text = Files.writeString(folder.resolve("corpus.txt"), "Once upon a time");
        cases.put(text, PathKind.CORPUS);
        Path weightsCalledText = folder.resolve("weights.txt");
        fourTensors(5, 3).write(weightsCalledText);
        cases.put(weightsCalledText, PathKind.CHECKPOINT);
        cases.put(Files.writeString(folder.resolve("note.pt"), "no weights"), PathKind.UNKNOWN);
        cases.put(Files.createFile(folder.resolve("empty.txt")), PathKind.UNKNOWN);
        Path texts = Files.createDirectories(folder.resolve("texts/books"));
        Files.writeString(texts.resolve("a.jsonl"), "{\"text\": \"Once\"}\n");
        cases.put(texts.getParent(), PathKind.CORPUS);
        Path index = Files.createDirectory(folder.resolve("index"));
        Files.writeString(index.resolve("index.json"), "{}");
        cases.put(index, PathKind.INDEX);

        cases.put(folder.resolve("missing"), PathKind.UNKNOWN);
        cases.put(folder.resolve("missing.pt"), PathKind.UNKNOWN);
        cases.put(Files.createDirectory(folder.resolve("empty")), PathKind.UNKNOWN);
        Path hidden = TinySae.writeTo(folder.resolve("hidden"), 5);
        if (Files.getFileStore(hidden).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("---------"));
            // root may read all the same
            cases.put(hidden, Files.isReadable(hidden) ? PathKind.CHECKPOINT : PathKind.UNKNOWN);
        }
    }

    /** Every recorded case: its own folder, the models and checkpoints in it, and the numbers to compare with. */
    private static void goldens(Map<Path, PathKind> cases) throws IOException {
        List<String> weights = List.of("tok", "dl", "sl", "sl2", "sl5", "openai", "eleuther", "gemmascope", "seed");
        int before = cases.size();
        try (Stream<Path> all = Files.walk(Golden.root(), 2)) {
            for (Path path : all.sorted().toList()) {
                String name = path.getFileName().toString();
                boolean isCase = path.getParent().equals(Golden.root());
                if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                    if (isCase && weights.contains(name.split("_")[0]) || name.matches("sae\\d?|[ab]")) {
                        cases.put(path, PathKind.CHECKPOINT);
                    } else if (name.startsWith("model") && Files.exists(path.resolve("config.json"))) {
                        cases.put(path, PathKind.MODEL);
                    }
                } else if (name.equals("golden.safetensors")) {
                    // one records a state dict under a key, beside the configuration of its run
                    boolean isOne = path.getParent().endsWith("dl_AutoEncoder");
                    cases.put(path, isOne ? PathKind.CHECKPOINT : PathKind.UNKNOWN);
                }
            }
        }
        assertThat(cases.size() - before).isGreaterThan(150);
    }

    private static Path llamaScope(Path folder) throws IOException {
        Files.createDirectories(folder.resolve("checkpoints"));
        new SafetensorsWriter()
                .add("encoder.weight", zeros(5, 3))
                .add("encoder.bias", zeros(5))
                .add("decoder.weight", zeros(3, 5))
                .add("decoder.bias", zeros(3))
                .write(folder.resolve("checkpoints/final.safetensors"));
        Files.writeString(
                folder.resolve("hyperparams.json"),
                "{\"hook_point_in\": \"blocks.3.hook_resid_post\", \"hook_point_out\": \"blocks.3.hook_resid_post\","
                        + " \"act_fn\": \"jumprelu\", \"jump_relu_threshold\": 0.5,"
                        + " \"dataset_average_activation_norm\": {\"in\": 4.0, \"out\": 4.0}}");
        return folder;
    }

    private static SafetensorsWriter fourTensors(int features, int d) {
        return new SafetensorsWriter()
                .add("W_enc", zeros(features, d))
                .add("W_dec", zeros(d, features))
                .add("b_enc", zeros(features))
                .add("b_dec", zeros(d));
    }

    private static HostTensor zeros(int... shape) {
        int length = 1;
        for (int axis : shape) {
            length *= axis;
        }
        return new HostTensor(new float[length], shape);
    }

    @Test
    void severalTextsAreOneCorpusInTheirOrder() throws IOException {
        Path texts = Files.createDirectory(folder.resolve("texts"));
        Files.writeString(texts.resolve("in-folder.txt"), "folder");
        Path second = Files.writeString(folder.resolve("b.jsonl"), "{\"text\": \"b\"}");
        Path first = Files.writeString(folder.resolve("a.txt"), "a");
        new PathOpening(workbench, corpus::set, index::set, Runnable::run).open(List.of(second, texts, first), false);
        assertThat(corpus.get()).isEqualTo(CorpusFiles.of(second, texts, first));
    }

    @Test
    void aPathIsLookedAtElsewhereAndWhatIsAskedForMeanwhileComesInstead() throws IOException {
        Queue<Runnable> looks = new ArrayDeque<>();
        Path slow = Files.writeString(folder.resolve("slow.txt"), "slow");
        Path quick = Files.writeString(folder.resolve("quick.txt"), "quick");
        PathOpening opening = new PathOpening(workbench, corpus::set, index::set, looks::add);

        opening.open(List.of(slow), false);
        assertThat(corpus.get()).isNull();
        assertThat(workbench.activity().jobs()).extracting(Activity.Job::title).containsExactly("Looking at slow.txt");
        opening.open(List.of(quick), false);
        Runnable first = looks.remove();
        looks.remove().run();
        first.run();

        assertThat(corpus.get()).isEqualTo(CorpusFiles.of(quick));
        assertThat(workbench.activity().jobs()).isEmpty();
    }

    @Test
    void aStoppedLookOpensNothing() throws IOException {
        Queue<Runnable> looks = new ArrayDeque<>();
        Path text = Files.writeString(folder.resolve("a.txt"), "text");
        new PathOpening(workbench, corpus::set, index::set, looks::add).open(List.of(text), false);

        workbench.activity().jobs().get(0).stop();
        looks.remove().run();

        assertThat(corpus.get()).isNull();
    }

    @Test
    void checkpointsThatComeWithAModelWaitForIt() throws IOException {
        Path model = folder.resolve("model");
        TinyModel.writeTo(model);
        Path first = TinySae.writeTo(folder.resolve("first"), 1);
        Path second = TinySae.writeTo(folder.resolve("second"), 2);

        new PathOpening(workbench, corpus::set, index::set, Runnable::run).open(List.of(first, model, second), false);
        assertThat(service.saes).isEmpty();
        service.models
                .get(model)
                .complete(new OpenModel(Opened.MODEL, model, TinyModel.CONFIG, java.util.Optional.empty(), List.of()));

        assertThat(service.saes).containsOnlyKeys(first, second);
    }

    @Test
    void theListBesideTheModelHasEveryCheckpointAndNothingElse() throws IOException {
        Map<Path, PathKind> cases = new LinkedHashMap<>();
        made(cases);
        List<Path> expected = new ArrayList<>();
        try (Stream<Path> all = Files.list(folder)) {
            all.filter(path -> cases.get(path) == PathKind.CHECKPOINT).sorted().forEach(expected::add);
        }

        assertThat(NearbyCheckpoints.checkpointsIn(folder, () -> true))
                .isEqualTo(expected)
                .hasSizeGreaterThan(2);
        assertThat(NearbyCheckpoints.checkpointsIn(folder, () -> false)).isEmpty();
    }
}

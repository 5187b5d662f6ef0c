package loupe.state;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import loupe.analysis.lens.LogitMoments;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.Tokens;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;

/** A workbench on a fake service with a small model and two checkpoints open, for the tests of pane models. */
public final class Opened {
    public static final ModelId MODEL = new ModelId("tiny", "m");
    public static final SaeId A = new SaeId("a", "1");
    public static final SaeId B = new SaeId("b", "2");
    public static final int FEATURES = 6;

    public final FakeService service = new FakeService();
    public final Workbench workbench = new Workbench(
            service,
            Runnable::run,
            new Notices(Clock.systemUTC()),
            new Activity(Runnable::run, () -> 0),
            (path, options) -> new SaeProposal(
                    Set.of(),
                    OptionalInt.empty(),
                    Optional.empty(),
                    false,
                    new SaeProposal.Encoding("relu", List.of("relu"), false, OptionalDouble.empty())));

    /** The model is open; checkpoints are opened by {@link #openA} and {@link #openB}. */
    public Opened() {
        Path folder = Path.of("nowhere", "tiny");
        service.models.put(
                folder,
                CompletableFuture.completedFuture(new OpenModel(
                        MODEL, folder, ModelConfig.gpt2(50, 16, 8, 2, 2), Optional.of(new Letters()), List.of())));
        workbench.openModel(folder);
    }

    /** What is known of the features: of each of the first its promoted token. */
    public static LogitMoments.Answer promoted(int reached, int... tokens) {
        float[] zeros = new float[FEATURES];
        return new LogitMoments.Answer(
                reached,
                1,
                new int[0],
                zeros,
                zeros,
                zeros,
                zeros,
                zeros,
                zeros,
                tokens,
                new int[FEATURES],
                List.of(),
                new double[0]);
    }

    public void openA() {
        openA(8);
    }

    /** @param width of the vectors that the checkpoint reads and writes: 8 in the residual stream, 32 in the MLP */
    public void openA(int width) {
        open(workbench.a(), A, width);
    }

    public void openB() {
        open(workbench.b(), B, 8);
    }

    public void choose(int feature) {
        workbench.selection().select(new FeatureRef(A, feature));
    }

    /** The newest question of a kind that was asked and not cancelled. */
    public FakeService.Ask<?> newest(Class<?> kind) {
        for (int i = service.asked.size() - 1; i >= 0; i--) {
            if (kind.isInstance(service.ask(i).query) && !service.ask(i).cancelled) {
                return service.ask(i);
            }
        }
        throw new AssertionError("nobody asked a " + kind.getSimpleName());
    }

    public long count(Class<?> kind) {
        return service.asked.stream().filter(ask -> kind.isInstance(ask.query)).count();
    }

    /** Opens a checkpoint of {@link #FEATURES} features that reads the residual stream. */
    public void open(CheckpointSide side, SaeId id) {
        open(side, id, 8);
    }

    private void open(CheckpointSide side, SaeId id, int width) {
        open(
                side,
                id,
                SaeConfig.of("saelens", width, FEATURES, new Activation.Relu(), false)
                        .trainedAt(
                                "tiny",
                                width == 8 ? HookPoint.residPre(1) : new HookPoint(HookPoint.Site.MLP_POST, 1),
                                false));
    }

    /** Opens a checkpoint of any configuration. */
    public void open(CheckpointSide side, SaeId id, SaeConfig config) {
        Path path = Path.of(id.name());
        service.saes.put(
                path, CompletableFuture.completedFuture(new OpenSae(id, path, config, List.of(), "weights of " + id)));
        workbench.openCheckpoint(side, path, SaeOptions.AS_STORED);
    }

    /** One token a letter, its id the letter's place in the alphabet. */
    private static final class Letters implements Tokenizer {
        @Override
        public int size() {
            return 50;
        }

        @Override
        public Tokens encode(String text, Beginning beginning) {
            return Tokens.of(text.chars().map(c -> Math.floorMod(c - 'a', 26)).toArray());
        }

        @Override
        public String decode(int... ids) {
            StringBuilder text = new StringBuilder();
            for (int id : ids) {
                text.append(text(id));
            }
            return text.toString();
        }

        @Override
        public String text(int id) {
            return id < 26 ? String.valueOf((char) ('a' + id)) : "<" + id + ">";
        }

        @Override
        public OptionalInt beginning() {
            return OptionalInt.empty();
        }

        @Override
        public void close() {}
    }
}

package loupe.state.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.Remedy;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.state.FakeService;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WorkbenchTest {
    private static final Path MODEL = Path.of("glossary");
    private static final Path TOPK = Path.of("sae-topk");
    private static final Path EARLY = Path.of("sae-topk-early");

    private final FakeService service = new FakeService();
    private final Workbench workbench = new Workbench(
            service,
            Runnable::run,
            new Notices(Clock.systemUTC()),
            new Activity(Runnable::run, () -> 0),
            (path, options) -> new SaeProposal(
                    Set.of(SaeProposal.Missing.K, SaeProposal.Missing.HOOK),
                    OptionalInt.of(30),
                    Optional.of(HookPoint.residPre(8)),
                    false,
                    new SaeProposal.Encoding("topk", List.of("topk", "relu"), false, OptionalDouble.empty())));

    @BeforeEach
    void filesThatOpen() {
        service.models.put(MODEL, CompletableFuture.completedFuture(model(8)));
        service.saes.put(TOPK, CompletableFuture.completedFuture(sae(TOPK, 8, Optional.of(HookPoint.residPre(1)))));
        service.saes.put(EARLY, CompletableFuture.completedFuture(sae(EARLY, 8, Optional.of(HookPoint.residPre(1)))));
    }

    @Test
    void openingACheckpointSelectsAFeatureOfIt() {
        workbench.openModel(MODEL);
        workbench.openCheckpoint(workbench.a(), TOPK, SaeOptions.AS_STORED);
        assertThat(workbench.a().feature().get()).isEqualTo(new FeatureRef(idOf(TOPK), 0));
        assertThat(workbench.activity().jobs()).isEmpty();
        assertThat(workbench.recent().all()).extracting(Session.Recent::model).containsExactly(false, true);
    }

    @Test
    void anotherCheckpointKeepsTheFeatureNumberAndGivesTheOldOneBack() {
        workbench.openModel(MODEL);
        workbench.openCheckpoint(workbench.a(), TOPK, SaeOptions.AS_STORED);
        workbench.selection().select(new FeatureRef(idOf(TOPK), 5));
        workbench.openCheckpoint(workbench.a(), EARLY, SaeOptions.AS_STORED);
        assertThat(workbench.a().feature().get()).isEqualTo(new FeatureRef(idOf(EARLY), 5));
        assertThat(service.closed).containsExactly(idOf(TOPK));
    }

    @Test
    void anOpeningOvertakenByANewerOneNeverShowsAndIsGivenBack() {
        CompletableFuture<OpenSae> slow = new CompletableFuture<>();
        service.saes.put(TOPK, slow);
        workbench.openModel(MODEL);
        workbench.openCheckpoint(workbench.a(), TOPK, SaeOptions.AS_STORED);
        workbench.openCheckpoint(workbench.a(), EARLY, SaeOptions.AS_STORED);
        slow.complete(sae(TOPK, 8, Optional.of(HookPoint.residPre(1))));
        assertThat(workbench.a().sae().get().id()).isEqualTo(idOf(EARLY));
        assertThat(service.closed).containsExactly(idOf(TOPK));
    }

    @Test
    void stoppingAnOpeningLeavesWhatWasThere() {
        CompletableFuture<OpenSae> slow = new CompletableFuture<>();
        service.saes.put(EARLY, slow);
        workbench.openModel(MODEL);
        workbench.openCheckpoint(workbench.a(), TOPK, SaeOptions.AS_STORED);
        workbench.openCheckpoint(workbench.a(), EARLY, SaeOptions.AS_STORED);
        workbench.activity().jobs().get(0).stop();
        assertThat(workbench.a().opening().get()).isFalse();
        slow.complete(sae(EARLY, 8, Optional.of(HookPoint.residPre(1))));
        assertThat(workbench.a().sae().get().id()).isEqualTo(idOf(TOPK));
        assertThat(service.closed).containsExactly(idOf(EARLY));
    }

    @Test
    void aCheckpointBThatIsStillOpeningIsClosedWithAToo() {
        CompletableFuture<OpenSae> slow = new CompletableFuture<>();
        service.saes.put(EARLY, slow);
        workbench.openModel(MODEL);
        workbench.openCheckpoint(workbench.a(), TOPK, SaeOptions.AS_STORED);
        workbench.openCheckpoint(workbench.b(), EARLY, SaeOptions.AS_STORED);
        workbench.closeModel();
        assertThat(workbench.b().opening().get()).isFalse();
        slow.complete(sae(EARLY, 8, Optional.of(HookPoint.residPre(1))));
        assertThat(workbench.b().sae().get()).isNull();
        assertThat(service.closed).contains(idOf(EARLY));
    }

    @Test
    void aCheckpointOfAnotherWidthIsRefusedAndGivenBack() {
        service.saes.put(TOPK, CompletableFuture.completedFuture(sae(TOPK, 16, Optional.of(HookPoint.residPre(1)))));
        workbench.openModel(MODEL);
        workbench.openCheckpoint(workbench.a(), TOPK, SaeOptions.AS_STORED);
        assertThat(workbench.a().sae().get()).isNull();
        assertThat(workbench.a().problem().get().message())
                .contains("vectors of 16 numbers")
                .contains("has vectors of 8");
        assertThat(service.closed).containsExactly(idOf(TOPK));
    }

    @Test
    void aCheckpointThatIsQuickerThanItsModelWaitsForIt() {
        CompletableFuture<OpenModel> slow = new CompletableFuture<>();
        service.models.put(MODEL, slow);
        workbench.openModel(MODEL);
        workbench.openCheckpoint(workbench.a(), TOPK, SaeOptions.AS_STORED);
        slow.complete(model(8));
        assertThat(workbench.a().feature().get()).isEqualTo(new FeatureRef(idOf(TOPK), 0));
        assertThat(service.closed).isEmpty();
    }

    @Test
    void aFailingFileLeavesTheOldCheckpointAndTellsWhy() {
        workbench.openModel(MODEL);
        workbench.openCheckpoint(workbench.a(), TOPK, SaeOptions.AS_STORED);
        Path bad = Path.of("bad.pt");
        service.saes.put(
                bad,
                CompletableFuture.failedFuture(
                        new CheckpointException(bad, "is an HTML page", "a checkpoint", "Download it again")));
        workbench.openCheckpoint(workbench.a(), bad, SaeOptions.AS_STORED);
        assertThat(workbench.a().sae().get().id()).isEqualTo(idOf(TOPK));
        assertThat(workbench.a().problem().get().message()).contains("HTML page");
        assertThat(workbench.notices().all()).hasSize(1);
    }

    @Test
    void whatAFileDoesNotSayIsAskedWithAProposal() {
        Path unsaid = Path.of("gpt2_resid_pre_8_ot30.pt");
        service.models.put(MODEL, CompletableFuture.completedFuture(model(12)));
        service.saes.put(
                unsaid,
                CompletableFuture.failedFuture(
                        new CheckpointException(unsaid, "does not say k", "", "", Remedy.give(Remedy.Choice.K))));
        workbench.openModel(MODEL);
        workbench.openCheckpoint(workbench.a(), unsaid, SaeOptions.AS_STORED);
        CheckpointDoubt doubt = workbench.doubt().get();
        assertThat(doubt.k()).isEqualTo(30);
        assertThat(doubt.hook()).isEqualTo(HookPoint.residPre(8));
        assertThat(workbench.a().problem().get()).isNull();
        workbench.settleDoubt(doubt.settled(doubt.k(), doubt.hook(), true, "topk", ""));
        assertThat(service.lastOptions.k()).isEqualTo(OptionalInt.of(30));
        assertThat(service.lastOptions.centred()).contains(true);
        assertThat(workbench.doubt().get())
                .as("said already, so it is a problem now")
                .isNull();
        assertThat(workbench.a().problem().get()).isNotNull();
    }

    @Test
    void whatWasRefusedIsOpenedAgainWithoutTheChoiceThatWasWrong() {
        Path folded = Path.of("topk");
        service.saes.put(
                folded,
                CompletableFuture.failedFuture(new CheckpointException(
                        folded, "folding is impossible", "", "", Remedy.leaveOut(Remedy.Choice.FOLD))));
        workbench.openCheckpoint(workbench.a(), folded, SaeOptions.AS_STORED.with(Remedy.Choice.FOLD, "true"));
        workbench.mend(workbench.a(), workbench.a().problem().get().remedies().get(0));
        assertThat(service.lastOptions.fold()).isFalse();
    }

    @Test
    void theOneChoiceThatWouldMendARefusalIsAskedFor() {
        Path odd = Path.of("odd.pt");
        service.saes.put(
                odd,
                CompletableFuture.failedFuture(new CheckpointException(
                        odd, "these tensors are of no known kind", "", "", Remedy.give(Remedy.Choice.FORMAT))));
        workbench.openCheckpoint(workbench.a(), odd, SaeOptions.AS_STORED);
        workbench.mend(workbench.a(), workbench.a().problem().get().remedies().get(0));
        CheckpointDoubt doubt = workbench.doubt().get();
        assertThat(doubt.about()).contains(Remedy.give(Remedy.Choice.FORMAT));
        workbench.settleDoubt(doubt.options().with(Remedy.Choice.FORMAT, "neel"));
        assertThat(service.lastOptions.format()).contains("neel");
    }

    @Test
    void theSameCheckpointOnBothSidesIsClosedAsOftenAsItWasOpened() {
        workbench.openModel(MODEL);
        workbench.openCheckpoint(workbench.a(), TOPK, SaeOptions.AS_STORED);
        workbench.openCheckpoint(workbench.b(), TOPK, SaeOptions.AS_STORED);
        workbench.closeCheckpoint(workbench.b());
        workbench.closeModel();
        assertThat(service.closed).containsExactly(idOf(TOPK), idOf(TOPK), new ModelId("glossary", "m"));
    }

    private static OpenModel model(int layers) {
        return new OpenModel(
                new ModelId("glossary", "m"),
                MODEL,
                ModelConfig.gpt2(100, 32, 8, layers, 2),
                Optional.empty(),
                List.of());
    }

    private static OpenSae sae(Path path, int dIn, Optional<HookPoint> hook) {
        return new OpenSae(
                idOf(path),
                path,
                SaeConfig.of("dictionary-learning", dIn, 64, new Activation.TopK(4, true, false), true)
                        .withReading(new SaeConfig.Reading(hook, dIn, new SaeConfig.Heads.Unstated(), true)),
                List.of(),
                "weights");
    }

    private static SaeId idOf(Path path) {
        return new SaeId(path.getFileName().toString(), path.toString());
    }
}

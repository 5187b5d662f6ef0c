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
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.state.FakeService;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked about a checkpoint is asked only as long as that checkpoint is wanted. */
class WithdrawnQuestionTest {
    private static final Path ASKED = Path.of("asked.pt");
    private static final Path OTHER = Path.of("other.pt");

    private final FakeService service = new FakeService();
    private final Workbench workbench = new Workbench(
            service,
            Runnable::run,
            new Notices(Clock.systemUTC()),
            new Activity(Runnable::run, () -> 0),
            (path, options) -> new SaeProposal(
                    Set.of(),
                    OptionalInt.empty(),
                    Optional.of(HookPoint.residPre(0)),
                    false,
                    new SaeProposal.Encoding("relu", List.of("relu"), false, OptionalDouble.empty())));

    @BeforeEach
    void aCheckpointIsAskedAbout() {
        refuse(ASKED, Remedy.give(Remedy.Choice.SIDE));
        refuse(OTHER);
        workbench.openCheckpoint(workbench.a(), ASKED, SaeOptions.AS_STORED);
        workbench.mend(workbench.a(), Remedy.give(Remedy.Choice.SIDE));
        assertThat(workbench.doubt().get().path()).isEqualTo(ASKED);
    }

    @Test
    void anotherCheckpointOnItsSideWithdrawsTheQuestion() {
        workbench.openCheckpoint(workbench.a(), OTHER, SaeOptions.AS_STORED);
        assertThat(workbench.doubt().get()).isNull();
    }

    @Test
    void closingItsSideWithdrawsTheQuestion() {
        workbench.closeCheckpoint(workbench.a());
        assertThat(workbench.doubt().get()).isNull();
    }

    @Test
    void aCheckpointOnTheOtherSideLeavesTheQuestion() {
        workbench.openCheckpoint(workbench.b(), OTHER, SaeOptions.AS_STORED);
        assertThat(workbench.doubt().get()).isNotNull();
    }

    @Test
    void aModelThatCouldNotBeOpenedNoLongerHidesHowACheckpointOpens() {
        workbench.dismissDoubt();
        service.models.put(
                Path.of("model"),
                CompletableFuture.failedFuture(new CheckpointException(Path.of("model"), "it is refused", "", "")));
        workbench.openModel(Path.of("model"));
        assertThat(workbench.modelProblem().get()).isNotNull();

        workbench.openCheckpoint(workbench.a(), OTHER, SaeOptions.AS_STORED);

        assertThat(workbench.modelProblem().get()).isNull();
        assertThat(workbench.a().problem().get().message()).contains("it is refused");
    }

    private void refuse(Path path, Remedy... remedies) {
        service.saes.put(
                path, CompletableFuture.failedFuture(new CheckpointException(path, "it is refused", "", "", remedies)));
    }
}

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
import loupe.format.SafetensorsWriter;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.sae.checkpoint.TensorRoles;
import loupe.state.FakeService;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorsQuestionTest {
    @TempDir
    private Path folder;

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

    @Test
    void aFileOfNoKnownFormatIsAskedForItsTensorsWithWhatShapesSuggest() {
        Path mine = folder.resolve("mine.safetensors");
        new SafetensorsWriter()
                .add("first", new HostTensor(new float[6], 3, 2))
                .add("second", new HostTensor(new float[6], 2, 3))
                .add("bias", new HostTensor(new float[3], 3))
                .write(mine);
        service.saes.put(
                mine,
                CompletableFuture.failedFuture(new CheckpointException(
                        mine, "these tensors are of no known kind", "", "", Remedy.give(Remedy.Choice.TENSORS))));
        workbench.openCheckpoint(workbench.a(), mine, SaeOptions.AS_STORED);

        workbench.mend(workbench.a(), workbench.a().problem().get().remedies().get(0));

        CheckpointDoubt doubt = workbench.doubt().get();
        assertThat(doubt.tensors().flatMap(TensorRoles.Choices::likely).map(TensorRoles::text))
                .contains("encoder=first,decoder=second,encoder-bias=bias");
        TensorRoles answer = TensorRoles.parse("encoder=second,decoder=first");
        workbench.settleDoubt(
                doubt.options().change().tensors(Optional.of(answer)).build());
        assertThat(service.lastOptions.tensors()).contains(answer);
    }
}

package loupe.app.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.FakeService;
import loupe.state.window.Session;
import org.junit.jupiter.api.Test;

class OpeningAheadTest {
    private static final Path MODEL = Path.of("model");
    private static final Path SAE = Path.of("sae");

    private final FakeService service = new FakeService();
    private final SaeOptions options = SaeOptions.builder().k(OptionalInt.of(3)).build();
    private final OpeningAhead ahead = OpeningAhead.of(
            service,
            new FirstOpening(
                    Optional.of(MODEL),
                    List.of(new Session.Checkpoint(SAE.toString(), Map.of("k", "3"))),
                    -1,
                    List.of(),
                    false));
    private final CompletableFuture<OpenModel> model = service.models.get(MODEL);
    private final CompletableFuture<OpenSae> sae = service.saes.get(SAE);

    @Test
    void whatWasReadAheadIsTakenOverOnce() {
        assertThat(service.lastOptions).isEqualTo(options);
        service.models.clear();
        service.saes.clear();
        assertThat(ahead.model(MODEL)).isSameAs(model);
        assertThat(ahead.checkpoint(SAE, options)).isSameAs(sae);
        assertThat(ahead.model(MODEL)).isNotSameAs(model);
        assertThat(ahead.checkpoint(SAE, options)).isNotSameAs(sae);
    }

    @Test
    void anotherFileOrAnotherReadingIsOpenedAnew() {
        service.saes.clear();
        CompletionStage<OpenSae> otherwise = ahead.checkpoint(SAE, SaeOptions.AS_STORED);
        assertThat(otherwise).isNotSameAs(sae);
        assertThat(ahead.model(Path.of("other"))).isNotSameAs(model);
        assertThat(ahead.model(MODEL)).isSameAs(model);
    }

    @Test
    void whatNobodyTakesIsClosed() {
        ahead.model(MODEL);
        OpenSae opened = new OpenSae(
                new SaeId("sae", "1"),
                SAE,
                SaeConfig.of("saelens", 8, 16, new Activation.Relu(), false),
                List.of(),
                "weights");
        ahead.giveBack();
        sae.complete(opened);
        assertThat(service.closed).containsExactly(opened.id());
    }
}

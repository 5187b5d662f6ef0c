package loupe.state.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import loupe.analysis.tokenbias.FeatureTokens;
import loupe.analysis.tokenbias.LastTokens;
import loupe.analysis.tokenbias.UnigramActivations;
import loupe.analysis.tokenbias.UnigramResiduals;
import loupe.analysis.tokenbias.UnigramStore;
import loupe.analysis.tokenbias.UnigramTable;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.lm.ModelConfig;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.Opened;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenBiasModelTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private TokenBiasModel model;

    @BeforeEach
    void open() {
        model = new TokenBiasModel(opened.workbench, new UnigramStore(folder));
        model.setWanted(true);
    }

    /** Only what the model asks of it: the token for the beginning of text. */
    private void openModelWithBeginning() {
        Tokenizer tokenizer = (Tokenizer) Proxy.newProxyInstance(
                Tokenizer.class.getClassLoader(),
                new Class<?>[] {Tokenizer.class},
                (self, method, arguments) -> method.getName().equals("beginning") ? OptionalInt.of(3) : null);
        Path at = Path.of("nowhere", "other");
        opened.service.models.put(
                at,
                CompletableFuture.completedFuture(new OpenModel(
                        new ModelId("other", "o"),
                        at,
                        ModelConfig.gpt2(50, 16, 8, 2, 2),
                        Optional.of(tokenizer),
                        List.of())));
        opened.workbench.openModel(at);
    }

    @Test
    void withoutATokenForTheBeginningItSaysWhy() {
        opened.openA();
        assertThat(model.planned().get()).isNull();
        assertThat(model.status().getValue().toString()).contains("no token for the beginning of text");
    }

    @Test
    void residualsAreComputedWhenThatIsAskedForAndWhatNeedsThemFollows() {
        openModelWithBeginning();
        opened.openA();
        UnigramTable planned = model.planned().get();
        assertThat(planned.bytes()).isPositive();
        assertThat(model.canCompute().getValue()).isTrue();
        assertThat(opened.count(UnigramResiduals.class)).isZero();
        model.compute();
        assertThat(model.canCompute().getValue()).isFalse();
        assertThat(opened.workbench.activity().jobs()).hasSize(1);
        model.stop();
        assertThat(model.canCompute().getValue()).isTrue();
        assertThat(opened.workbench.activity().jobs()).isEmpty();
        assertThat(opened.count(FeatureTokens.class)).isZero();
        model.compute();
        opened.newest(UnigramResiduals.class).answer(planned);
        assertThat(opened.count(FeatureTokens.class)).isEqualTo(1);
        assertThat(opened.count(UnigramActivations.class)).isEqualTo(1);
        assertThat(((LastTokens) opened.newest(LastTokens.class).query).prompts())
                .hasSize(TokenBiasModel.PROMPTS);
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(model.planned().get()).isNull();
        assertThat(model.residuals().getValue()).isNull();
    }
}

package loupe.analysis.prompts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.base.HookPoint;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.lm.Processing;
import loupe.sae.SparseFeatures;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a forward pass that keeps the residual stream, context by context; 1e-5 for batches of another shape. */
class NormedActivationsTest {
    private static final int[][] CONTEXTS = {{3, 1, 4, 1}, {5, 9, 2, 6}};

    @Test
    void normsAreThoseOfTheValueAtTheHookPointAndActivationsAsWithoutThem(@TempDir Path folder) throws IOException {
        TinyModel.writeTo(Files.createDirectories(folder.resolve("tiny")));
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            OpenModel model = service.openModel(folder.resolve("tiny"), Processing.RAW)
                    .toCompletableFuture()
                    .join();
            OpenSae one = service.openSae(TinySae.writeTo(folder.resolve("one"), 7), SaeOptions.AS_STORED)
                    .toCompletableFuture()
                    .join();
            OpenSae two = service.openSae(TinySae.writeTo(folder.resolve("two"), 8), SaeOptions.AS_STORED)
                    .toCompletableFuture()
                    .join();
            NormedActivations.Answer answer =
                    ask(service, new NormedActivations(model.id(), List.of(one.id(), two.id()), CONTEXTS));
            assertThat(answer.norms()).as("both read one hook point").hasSize(1);
            assertThat(answer.norms().get(0)).hasSize(8);
            HookPoint point = HookPoint.residPre(1);
            for (int context = 0; context < CONTEXTS.length; context++) {
                List<Integer> ids =
                        java.util.Arrays.stream(CONTEXTS[context]).boxed().toList();
                HostTensor residual = ask(service, new ForwardPass(model.id(), ids, Map.of(), Set.of(point), false))
                        .values()
                        .get(point);
                for (int position = 0; position < 4; position++) {
                    double squares = 0;
                    for (float value : residual.row(position)) {
                        squares += (double) value * value;
                    }
                    assertThat(answer.norms().get(0)[4 * context + position])
                            .isCloseTo((float) Math.sqrt(squares), within(1e-5f));
                }
            }
            List<SparseFeatures> plain =
                    ask(service, new CorpusActivations(model.id(), List.of(one.id(), two.id()), CONTEXTS));
            for (int sae = 0; sae < 2; sae++) {
                assertThat(answer.activations().get(sae).dense())
                        .isEqualTo(plain.get(sae).dense());
            }
        }
    }

    private static <R> R ask(LocalInferenceService service, Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }
}

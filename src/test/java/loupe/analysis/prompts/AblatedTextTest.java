package loupe.analysis.prompts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.Processing;
import loupe.sae.SparseFeatures;
import loupe.sae.checkpoint.SaeOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against the index's own query on the shortened texts; 1e-5 for batches of another shape. */
class AblatedTextTest {
    private static final List<Integer> TEXT = List.of(3, 1, 4, 1, 5, 9, 2, 6);

    private final LocalInferenceService service = new LocalInferenceService(Device.CPU);
    private OpenModel model;
    private OpenSae sae;

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        TinyModel.writeTo(Files.createDirectories(folder.resolve("tiny")));
        model = service.openModel(folder.resolve("tiny"), Processing.RAW)
                .toCompletableFuture()
                .join();
        sae = service.openSae(TinySae.writeTo(folder.resolve("sae"), 7), SaeOptions.AS_STORED)
                .toCompletableFuture()
                .join();
    }

    @AfterEach
    void close() {
        service.close();
    }

    private AblatedText.Answer ask(int feature, int from, OptionalInt replacement) {
        return service.submit(new AblatedText(model.id(), sae.id(), feature, TEXT, from, replacement), Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    /** The feature at the last token of a text on its own. */
    private float atLast(int feature, List<Integer> text) {
        SparseFeatures all = service.submit(
                        new CorpusActivations(model.id(), List.of(sae.id()), new int[][] {
                            text.stream().mapToInt(i -> i).toArray()
                        }),
                        Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join()
                .get(0);
        return all.get(text.size() - 1, feature);
    }

    @Test
    void eachTokenRemovedGivesTheActivationInTheTextWithoutIt() {
        int changed = 0;
        for (int feature = 0; feature < TinySae.FEATURES; feature++) {
            AblatedText.Answer answer = ask(feature, 0, OptionalInt.empty());
            assertThat(answer.activation()).isCloseTo(atLast(feature, TEXT), within(1e-5f));
            assertThat(answer.without()).hasSize(TEXT.size());
            for (int i = 0; i < TEXT.size() - 1; i++) {
                List<Integer> shorter = new ArrayList<>(TEXT);
                shorter.remove(i);
                assertThat(answer.without()[i])
                        .as("feature %d without token %d", feature, i)
                        .isCloseTo(atLast(feature, shorter), within(1e-5f));
                assertThat(answer.share(i)).isEqualTo(answer.activation() - answer.without()[i]);
                changed += Math.abs(answer.share(i)) > 1e-3 ? 1 : 0;
            }
            assertThat(answer.without()[TEXT.size() - 1])
                    .as("nothing is left to read")
                    .isZero();
        }
        assertThat(changed).as("removing a token matters somewhere").isPositive();
    }

    @Test
    void eachTokenReplacedGivesTheActivationInTheTextWithTheOther() {
        for (int feature = 0; feature < TinySae.FEATURES; feature++) {
            AblatedText.Answer answer = ask(feature, 3, OptionalInt.of(7));
            assertThat(answer.without()).hasSize(TEXT.size() - 3);
            for (int i = 3; i < TEXT.size(); i++) {
                List<Integer> other = new ArrayList<>(TEXT);
                other.set(i, 7);
                assertThat(answer.without()[i - 3])
                        .as("feature %d, token %d replaced", feature, i)
                        .isCloseTo(atLast(feature, other), within(1e-5f));
            }
        }
    }

    @Test
    void replacingATokenByItselfChangesNothing() {
        AblatedText.Answer answer = ask(2, 1, OptionalInt.of(1));
        assertThat(answer.share(0)).isCloseTo(0, within(1e-5f));
        assertThat(answer.share(2)).isCloseTo(0, within(1e-5f));
    }

    @Test
    void aTextOfOneTokenHasNothingToRemove() {
        AblatedText.Answer answer = service.submit(
                        new AblatedText(model.id(), sae.id(), 0, List.of(3), 0, OptionalInt.empty()), Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
        assertThat(answer.activation()).isCloseTo(atLast(0, List.of(3)), within(1e-5f));
        assertThat(answer.without()).containsExactly(0);
    }

    @Test
    void aPlaceOutsideTheTextIsRefused() {
        assertThatThrownBy(() -> new AblatedText(model.id(), sae.id(), 0, TEXT, 8, OptionalInt.empty()))
                .hasMessageContaining("from is 8")
                .hasMessageContaining("8 tokens");
    }
}

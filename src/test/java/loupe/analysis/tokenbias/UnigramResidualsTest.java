package loupe.analysis.tokenbias;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.prompts.ForwardPass;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnigramResidualsTest {
    private static final int D = 8;
    private static final int TOKENS = 50;
    private static final int BOS = 3;
    private static final HookPoint HOOK = HookPoint.residPost(1);

    @TempDir
    Path folder;

    private final ModelConfig config = ModelConfig.gpt2(TOKENS, 16, D, 2, 2);
    private TestDevice device;
    private ModelId model;
    private UnigramStore store;

    @BeforeEach
    void open() {
        device = new TestDevice();
        model = device.model("m", config, TinyModel.weights(config, 5));
        store = new UnigramStore(folder.resolve("unigrams"));
    }

    @AfterEach
    void close() {
        device.close();
    }

    private UnigramTable computed() {
        device.forget();
        return device.ask(new UnigramResiduals(model, HOOK, BOS, store));
    }

    private float[] alone(int token, HookPoint hook) {
        HostTensor value = device.ask(new ForwardPass(model, List.of(BOS, token), Map.of(), Set.of(hook), false))
                .values()
                .get(hook);
        float[] last = new float[value.data().length / 2];
        System.arraycopy(value.data(), last.length, last, 0, last.length);
        return last;
    }

    @Test
    void aResidualIsWhatTheTwoTokensAloneGive() {
        for (HookPoint hook : List.of(
                HOOK,
                HookPoint.residPre(0),
                HookPoint.parse("blocks.1.attn.hook_z").orElseThrow())) {
            UnigramTable table = device.ask(new UnigramResiduals(model, hook, BOS, store));
            assertThat(table.tokens()).isEqualTo(TOKENS);
            for (int token : new int[] {0, BOS, 17, TOKENS - 1}) {
                assertThat(table.row(token))
                        .as("%s %d", hook, token)
                        .containsExactly(alone(token, hook), within(1e-5f));
            }
        }
    }

    @Test
    void theyAreKeptAsASafetensorsFileAndReadThereTheNextTime() throws IOException {
        UnigramTable table = computed();
        assertThat(Files.size(table.file())).isEqualTo(table.bytes());
        try (TensorArchive archive = TensorArchives.open(table.file())) {
            assertThat(archive.tensor("unigram").shape()).containsExactly((long) TOKENS, (long) D);
        }
        Files.setLastModifiedTime(table.file(), java.nio.file.attribute.FileTime.fromMillis(1_000));
        assertThat(computed()).isEqualTo(table);
        assertThat(Files.getLastModifiedTime(table.file()).toMillis()).isEqualTo(1_000);
        assertThat(store.list())
                .extracting(UnigramStore.Kept::model, UnigramStore.Kept::hook, UnigramStore.Kept::complete)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("m", HOOK.name(), true));
        assertThat(UnigramStore.delete(store.list())).isEqualTo(table.bytes());
        assertThat(store.list()).isEmpty();
    }

    @Test
    void anEndedComputationGoesOnWhereItWas() throws IOException {
        UnigramTable table = computed();
        byte[] whole = Files.readAllBytes(table.file());
        Files.delete(table.file());
        byte[] begun = java.util.Arrays.copyOf(whole, (int) table.bytesBefore() + 20 * D * 4 + 7);
        java.util.Arrays.fill(begun, (int) table.bytesBefore(), (int) table.bytesBefore() + 4, (byte) 0);
        Files.write(folder.resolve("unigrams").resolve(table.file().getFileName() + ".part"), begun);
        assertThat(store.list()).extracting(UnigramStore.Kept::complete).containsExactly(false);
        assertThat(computed()).isEqualTo(table);
        byte[] resumed = Files.readAllBytes(table.file());
        assertThat(resumed[(int) table.bytesBefore()])
                .as("what was there is kept")
                .isZero();
        for (int token = 1; token < TOKENS; token++) {
            assertThat(table.row(token)).containsExactly(alone(token, HOOK), within(1e-5f));
        }
    }

    @Test
    void aHookPointWithoutVectorsIsRefused() {
        assertThatThrownBy(() -> store.table(model, config, HookPoint.residPost(7), BOS))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("m has no vectors at blocks.7.hook_resid_post");
    }

    @Test
    void featuresAndTokensFindEachOtherAsPlainLoopsDo() {
        Random random = new Random(2);
        int features = 6;
        float[] encoder = gaussian(random, D * features);
        float[] decoder = gaussian(random, features * D);
        SaeId sae = device.sae("s", new HostTensor(encoder, D, features), new HostTensor(decoder, features, D));
        // the checkpoint of this device reads wherever it is shown something
        UnigramTable table = computed();
        FeatureTokens.Answer found = device.ask(new FeatureTokens(sae, Optional.of(table)));
        UnigramActivations.Answer active = device.ask(new UnigramActivations(sae, table, 3));
        double[] mean = new double[D];
        for (int t = 0; t < TOKENS; t++) {
            for (int i = 0; i < D; i++) {
                mean[i] += table.row(t)[i] / (double) TOKENS;
            }
        }
        for (int f = 0; f < features; f++) {
            int best = -1;
            double largest = -2;
            double largestCentred = -2;
            double most = 0;
            int count = 0;
            for (int t = 0; t < TOKENS; t++) {
                float[] r = table.row(t);
                double cosine = cosine(decoder, f * D, r, new double[D]);
                largestCentred = Math.max(largestCentred, cosine(decoder, f * D, r, mean));
                if (cosine > largest) {
                    largest = cosine;
                    best = t;
                }
                double activation = 0;
                for (int i = 0; i < D; i++) {
                    activation += encoder[i * features + f] * r[i];
                }
                count += activation > 0 ? 1 : 0;
                most = Math.max(most, activation);
            }
            assertThat(found.tokens()[f]).isEqualTo(best);
            assertThat((double) found.cosines()[f]).isCloseTo(largest, within(1e-5));
            assertThat((double) found.cosinesCentred()[f]).isCloseTo(largestCentred, within(1e-5));
            assertThat((double) active.largest(f)).isCloseTo(most, within(1e-4));
            assertThat(active.counts()[f]).isEqualTo(count);
            float[] values = active.values(f);
            for (int i = 1; i < values.length; i++) {
                assertThat(values[i]).isLessThanOrEqualTo(values[i - 1]);
            }
        }
        for (int t = 0; t < TOKENS; t++) {
            double largest = -2;
            for (int f = 0; f < features; f++) {
                largest = Math.max(largest, cosine(decoder, f * D, table.row(t), new double[D]));
            }
            assertThat((double) found.featureCosines()[t]).isCloseTo(largest, within(1e-5));
        }
        assertThat(found.shareAbove(-2, false)).isEqualTo(1);
    }

    private static double cosine(float[] direction, int from, float[] vector, double[] mean) {
        double product = 0;
        double one = 0;
        double other = 0;
        for (int i = 0; i < D; i++) {
            double moved = vector[i] - mean[i];
            product += direction[from + i] * moved;
            one += direction[from + i] * direction[from + i];
            other += moved * moved;
        }
        return product / Math.sqrt(one * other);
    }

    private static float[] gaussian(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Test
    void promptsOfTwoTokensAreToldByTheirOwnResiduals() {
        UnigramTable table = computed();
        List<List<Integer>> prompts = LastTokens.randomPrompts(40, 2, BOS, TOKENS, 1);
        LastTokens.Detection told =
                device.ask(new LastTokens(null, table, prompts)).unigram();
        assertThat(told.accuracy()).isEqualTo(1);
        assertThat(told.predicted())
                .isEqualTo(prompts.stream().map(prompt -> prompt.get(1)).toList());
        assertThat(told.wilson().high()).isEqualTo(1);
        assertThat(told.wilson().low()).isBetween(0.9, 0.92);
    }
}

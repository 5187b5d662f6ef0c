package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.SaeConfig;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Good checkpoints with random damage to their weights or their configuration, opened, audited and read whole: each is
 * read or refused in words. The damage of a round follows from the seed, whatever the machine.
 */
class SaeMutationFuzzTest {
    private static final int D = 4;
    private static final int N = 12;
    /** For each kind of checkpoint; more are worth a run after a reader has changed. */
    private static final int ROUNDS = Integer.getInteger("loupe.fuzz.rounds", 1500);

    @TempDir
    Path root;

    @ParameterizedTest
    @ValueSource(strings = {"saelens", "dictionary-learning", "tokenized", "plain"})
    void damagedCheckpointsAreReadOrRefused(String kind) throws IOException {
        Path folder = Files.createDirectories(root.resolve(kind));
        write(kind, folder);
        List<Path> files;
        try (var entries = Files.list(folder)) {
            files = entries.sorted().toList();
        }
        byte[][] good = new byte[files.size()][];
        for (int i = 0; i < good.length; i++) {
            good[i] = Files.readAllBytes(files.get(i));
        }
        int seed = kind.hashCode();
        Random random = new Random(seed);
        int read = 0;
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            int which = random.nextInt(files.size());
            Files.write(files.get(which), mutate(good[which], random));
            try {
                SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED);
                file.proposal();
                file.logSparsity();
                SaeAudit.of(file, new Cancellation());
                file.config();
                file.readWeights(new Cancellation()).free();
                read++;
            } catch (CheckpointException inWords) {
                refused++;
                assertThat(inWords.getMessage())
                        .as("round %d of %s, seed %d", round, kind, seed)
                        .startsWith(root.toString());
            } catch (RuntimeException | Error e) {
                throw new AssertionError("round " + round + " of " + kind + ", seed " + seed, e);
            }
            Files.write(files.get(which), good[which]);
        }
        assertThat(read).as("files still read").isPositive();
        assertThat(refused).as("files refused").isPositive();
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] bad = good.clone();
        // most bytes are weights, whose damage nobody can see: half of the damage goes to the first bytes, where names
        // are
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(random.nextBoolean() ? bad.length : Math.min(bad.length, 600));
            switch (random.nextInt(5)) {
                case 0 -> bad[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bad[at] = (byte) random.nextInt(256);
                case 2 -> bad[at] = (byte) ("0123456789-.,:[]{}\"ntf".charAt(random.nextInt(22)));
                case 3 -> bad = Arrays.copyOf(bad, Math.max(1, at));
                default -> {
                    byte[] longer = Arrays.copyOf(bad, bad.length + 1);
                    System.arraycopy(bad, at, longer, at + 1, bad.length - at);
                    bad = longer;
                }
            }
        }
        return bad;
    }

    private static void write(String kind, Path folder) {
        Random random = new Random(1);
        HostWeights weights = new HostWeights()
                .matrix(Part.ENCODER, normal(random, N * D), N, D, true)
                .vector(Part.ENCODER_BIAS, normal(random, N))
                .matrix(Part.DECODER, normal(random, N * D), N, D, true)
                .vector(Part.DECODER_BIAS, normal(random, D))
                .vector(Part.THRESHOLD, normal(random, N))
                .matrix(Part.LOOKUP, normal(random, 5 * D), 5, D, false);
        SaeConfig config = SaeConfig.of("test", D, N, new Activation.JumpRelu(), false)
                .trainedAt("tiny", HookPoint.residPre(1), true);
        switch (kind) {
            case "saelens" -> SaeWriter.saeLens(folder, config, weights, Optional.of(normal(random, N)));
            case "dictionary-learning" ->
                SaeWriter.dictionaryLearning(
                        folder,
                        config.withActivation(new Activation.TopK(3, true, false))
                                .withSubtractDecoderBias(true),
                        weights,
                        Map.of());
            case "tokenized" ->
                SaeWriter.tokenized(
                        folder.resolve("sae.pt"),
                        config.withActivation(new Activation.Gated())
                                .withSubtractDecoderBias(true)
                                .withLookup(true),
                        weights.vector(Part.MAGNITUDE_SCALE, normal(random, N))
                                .vector(Part.MAGNITUDE_BIAS, normal(random, N)));
            default -> PlainSae.write(folder.resolve("sae.safetensors"), config.withLookup(true), weights);
        }
    }

    private static float[] normal(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}

package loupe.analysis.lens;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import loupe.base.CheckpointException;
import loupe.format.SafetensorsWriter;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.HostTensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers about the logit weights of all features on disk, a file for each question. Its name is made of what the
 * question depends on: the fingerprints of model and checkpoint, the projection, how many tokens, and the sets. A file
 * that cannot be read counts as none, and one that cannot be written is done without. Thread-safe.
 *
 * @param folder where they lie; made with the first
 */
public record KeptMoments(Path folder) {
    private static final Logger LOG = LoggerFactory.getLogger(KeptMoments.class);

    /** The answer to a question; empty if it is not kept. */
    Optional<LogitMoments.Answer> find(LogitMoments question, int features, int tokens) {
        Path file = file(question);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (TensorArchive archive = TensorArchives.open(file)) {
            int top = Math.min(question.top(), tokens);
            float[] high =
                    floats(archive, "enrichment", features * question.sets().size());
            float[] low = floats(archive, "enrichment.rest", high.length);
            double[] scores = new double[high.length];
            Arrays.setAll(scores, i -> (double) high[i] + low[i]);
            return Optional.of(new LogitMoments.Answer(
                    features,
                    top,
                    ints(archive, "left_out"),
                    floats(archive, "mean", features),
                    floats(archive, "deviation", features),
                    floats(archive, "skewness", features),
                    floats(archive, "kurtosis", features),
                    floats(archive, "entropy", features),
                    floats(archive, "two_sided_mass", features),
                    tokens(archive, "promoted", features * top, tokens),
                    tokens(archive, "suppressed", features * top, tokens),
                    question.sets().stream().map(TokenSet::name).toList(),
                    scores));
        } catch (CheckpointException | IllegalArgumentException damaged) {
            LOG.warn("{} is left aside: {}", file, damaged.getMessage());
            return Optional.empty();
        }
    }

    private static float[] floats(TensorArchive archive, String name, int count) {
        float[] values = archive.tensor(name).toHost().data();
        if (values.length != count) {
            throw new IllegalArgumentException(name + " has " + values.length + " values, expected " + count);
        }
        return values;
    }

    private static int[] ints(TensorArchive archive, String name) {
        int count = Math.toIntExact(archive.tensor(name).elements());
        return Arrays.stream(archive.tensor(name).readIntegers(0, count))
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    private static int[] tokens(TensorArchive archive, String name, int count, int tokens) {
        int[] ids = ints(archive, name);
        if (ids.length != count || Arrays.stream(ids).anyMatch(id -> id < 0 || id >= tokens)) {
            throw new IllegalArgumentException(name + " are other tokens than expected");
        }
        return ids;
    }

    /** Keeps a finished answer. */
    void keep(LogitMoments question, LogitMoments.Answer answer) {
        int features = answer.features();
        double[] scores = answer.enrichment();
        float[] high = new float[scores.length];
        float[] low = new float[scores.length];
        for (int i = 0; i < scores.length; i++) {
            high[i] = (float) scores[i];
            low[i] = Double.isNaN(scores[i]) ? 0 : (float) (scores[i] - high[i]);
        }
        try {
            Files.createDirectories(folder);
            new SafetensorsWriter()
                    .metadata("model", question.model().name())
                    .metadata("checkpoint", question.sae().name())
                    .metadata("logits", question.projection().words())
                    .add("left_out", longs(answer.leftOut()), answer.leftOut().length)
                    .add("mean", new HostTensor(answer.mean(), features))
                    .add("deviation", new HostTensor(answer.deviation(), features))
                    .add("skewness", new HostTensor(answer.skewness(), features))
                    .add("kurtosis", new HostTensor(answer.kurtosis(), features))
                    .add("entropy", new HostTensor(answer.entropy(), features))
                    .add("two_sided_mass", new HostTensor(answer.twoSidedMass(), features))
                    .add("promoted", longs(answer.tokens()), answer.tokens().length)
                    .add("suppressed", longs(answer.suppressed()), answer.suppressed().length)
                    .add("enrichment", new HostTensor(high, high.length))
                    .add("enrichment.rest", new HostTensor(low, low.length))
                    .write(file(question));
        } catch (CheckpointException | java.io.IOException e) {
            LOG.warn("The logit weights of {} are not kept: {}", question.sae(), e.getMessage());
        }
    }

    private static long[] longs(int[] values) {
        return Arrays.stream(values).asLongStream().toArray();
    }

    private Path file(LogitMoments question) {
        LogitProjection projection = question.projection();
        return folder.resolve(
                question.model().fingerprint() + "-" + question.sae().fingerprint()
                        + (projection.gain() ? "-gain" : "")
                        + (projection.centred() ? "-centred" : "")
                        + (projection.unitColumns() ? "-cosines" : "")
                        + "-" + projection.keptPercentile()
                        + "-" + question.top()
                        + "-" + Integer.toHexString(question.sets().hashCode()) + ".safetensors");
    }
}

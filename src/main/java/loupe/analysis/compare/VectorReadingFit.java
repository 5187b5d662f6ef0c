package loupe.analysis.compare;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.DeviceArrays;
import loupe.analysis.compare.ReadingFit.Reading;
import loupe.base.Refusal;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.tensor.HostTensor;

/**
 * Which way of reading a checkpoint fits some given vectors: as {@link ReadingFit}, without a model. Raw means as they
 * are given, centred less their mean over dIn.
 *
 * @param x (..., dIn); the first {@value ReadingFit#ENOUGH_TOKENS} are measured
 * @param tokenIds one for each vector, row by row; empty if the autoencoder has no lookup
 */
public record VectorReadingFit(SaeId sae, HostTensor x, Optional<List<Integer>> tokenIds)
        implements Query.Single<ReadingFit.Answer> {
    /** Vectors that are needed to tell one reading from another. */
    public static final int FEWEST_VECTORS = 100;

    public VectorReadingFit {
        tokenIds = tokenIds.map(List::copyOf);
    }

    /** Whether there is anything to measure: enough vectors, and an output in their space. */
    public static boolean isPossible(SaeConfig config, HostTensor x) {
        return !config.transcodes() && x.data().length / config.dIn() >= FEWEST_VECTORS;
    }

    @Override
    public ReadingFit.Answer answer(Scope scope) {
        SparseAutoencoder loaded = scope.sae(sae);
        SaeConfig config = loaded.config();
        if (!isPossible(config, x)) {
            throw new Refusal(
                    "There are " + x.data().length / config.dIn() + " vectors", FEWEST_VECTORS + " or more", "");
        }
        int width = config.dIn();
        int count = Math.min(ReadingFit.ENOUGH_TOKENS, x.data().length / width);
        NDArray raw = scope.arrays().create(Arrays.copyOf(x.data(), count * width), new Shape(count, width));
        NDArray centred = raw.sub(raw.mean(new int[] {1}, true));
        NDArray ids = tokenIds.map(all -> scope.arrays()
                        .create(all.subList(0, count).stream()
                                .mapToLong(Integer::longValue)
                                .toArray()))
                .orElse(null);
        double norms = 0;
        for (float norm : DeviceArrays.floats(raw.norm(new int[] {1}))) {
            norms += norm;
        }
        double factor = Math.sqrt(width) * count / norms;
        List<Reading> measured = new ArrayList<>();
        for (Reading reading : ReadingFit.readings(config, false, true, factor)) {
            scope.cancellation().check();
            NDArray in = reading.centred() ? centred : raw;
            ReadingFit.Sums sums = new ReadingFit.Sums(reading, width);
            sums.add(ReadingFit.fit(loaded, reading, in, in, ids));
            measured.add(sums.reading());
        }
        return new ReadingFit.Answer(measured, count, factor);
    }

    @Override
    public boolean cacheable() {
        return false;
    }
}

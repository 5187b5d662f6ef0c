package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.sae.Encoded;

/**
 * A checkpoint's place in the run on one text, and what would be there instead: the features and the error of the run
 * on another text, or none. For one step; T tokens, F features, S numbers of a token.
 */
final class SiteChange {
    /** What was computed so far. */
    private enum Part {
        WRITTEN,
        FEATURES,
        ERROR,
        PATCHED
    }

    private final Scope scope;
    private final ModelId model;
    private final PlacedSae sae;
    private final List<Integer> clean;
    private final Optional<List<Integer>> corrupt;
    private final Encoded read;
    private final Optional<Encoded> other;
    private final Map<Part, NDArray> parts = new EnumMap<>(Part.class);

    /** @param corrupt the text that features and error are taken from; empty to take them all away */
    SiteChange(Scope scope, ModelId model, SaeId id, List<Integer> clean, Optional<List<Integer>> corrupt) {
        this.scope = scope;
        this.model = model;
        this.sae = PlacedSae.of(scope, model, id);
        this.clean = clean;
        this.corrupt = corrupt;
        this.read = sae.read(Runs.at(scope, model, clean, sae.readsAt()));
        this.other = corrupt.map(ids -> sae.read(Runs.at(scope, model, ids, sae.readsAt())));
    }

    PlacedSae sae() {
        return sae;
    }

    /** What the checkpoint reads in the run on the clean text. */
    Encoded read() {
        return read;
    }

    /** The value where it writes, (1, T, ...). */
    NDArray value() {
        return Runs.at(scope, model, clean, sae.writesAt());
    }

    /** What the features would change by, (T, F). */
    NDArray features() {
        return part(
                Part.FEATURES,
                () -> other.map(encoded -> encoded.features().sub(read.features()))
                        .orElseGet(() -> read.features().neg()));
    }

    /** What the error would change by, (1, T, ...). */
    NDArray error() {
        return part(Part.ERROR, () -> {
            NDArray own = value().sub(written());
            return corrupt.map(ids -> {
                        Encoded from = other.orElseThrow();
                        NDArray there = Runs.at(scope, model, ids, sae.writesAt());
                        return there.sub(sae.written(from.features(), from, Runs.array(ids), there))
                                .sub(own);
                    })
                    .orElseGet(own::neg);
        });
    }

    /** The value where it writes with all features and the error changed, (1, T, ...). */
    NDArray patched() {
        return part(Part.PATCHED, () -> {
            NDArray changed = read.features().add(features());
            return value().add(sae.written(changed, read, Runs.array(clean), value())
                            .sub(written()))
                    .add(error());
        });
    }

    private NDArray written() {
        return part(Part.WRITTEN, () -> sae.written(read.features(), read, Runs.array(clean), value()));
    }

    private NDArray part(Part part, Supplier<NDArray> make) {
        NDArray found = parts.get(part);
        if (found == null) {
            found = make.get();
            parts.put(part, found);
        }
        return found;
    }

    /** A value (1, T, ...) with a token's numbers in a row, (T, S). */
    static NDArray rows(NDArray value) {
        Shape shape = value.getShape();
        return value.reshape(shape.get(1), shape.size() / shape.get(0) / shape.get(1));
    }
}

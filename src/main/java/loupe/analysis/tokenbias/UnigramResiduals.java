package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.analysis.prompts.CorpusActivations;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.KeyValues;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;

/**
 * Computes the unigram residuals of a model, unless they are on the disk, and keeps them there. The first token is the
 * same in every prompt and sees no other, so its keys and values are computed once, and a pass has one token in a row:
 * half of what two-token prompts take. Stopped and asked again, it goes on where it was.
 *
 * @param store where they are kept
 * @see UnigramTable
 */
public record UnigramResiduals(ModelId model, HookPoint hook, int bos, UnigramStore store)
        implements Query.Stepped<UnigramTable> {
    /** Rows of a pass: as many tokens as a pass over a corpus has, which is the least for full speed. */
    static final int ROWS = 1_024;

    private static final int ROWS_WHILE_OTHERS_WAIT = 128;

    @Override
    public Query.Sweep<UnigramTable> begin() {
        return new Passes(this);
    }

    /** False: the file may be deleted, and whether it is there is soon seen. */
    @Override
    public boolean cacheable() {
        return false;
    }

    private static final class Passes implements Query.Sweep<UnigramTable> {
        private final UnigramResiduals query;
        /** Keys and values of the first token in each layer, and their shape. */
        private final List<float[][]> beginning = new ArrayList<>();

        private Shape beginningShape = new Shape();
        private DataType beginningType = DataType.FLOAT32;
        private boolean begun;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private UnigramTable table;

        private int done;

        Passes(UnigramResiduals query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            if (table == null) {
                UnigramTable planned = query.store.table(
                        query.model, scope.embeddings(query.model).config(), query.hook, query.bos);
                done = UnigramStore.done(planned);
                if (done < planned.tokens()) {
                    query.store.requireRoom(planned);
                }
                table = planned;
            }
            if (done == table.tokens()) {
                return false;
            }
            LanguageModel lm = scope.model(query.model);
            if (!begun) {
                begin(scope, lm);
                begun = true;
            }
            int end = Math.min(table.tokens(), done + (scope.othersWait() ? ROWS_WHILE_OTHERS_WAIT : ROWS));
            float[] rows = residuals(scope, lm, done, end);
            query.store.write(table, done, rows);
            done = end;
            return done < table.tokens();
        }

        private void begin(Scope scope, LanguageModel lm) {
            KeyValueCache cache = KeyValueCache.empty();
            lm.forward(
                    scope.arrays(),
                    Input.of(query.bos),
                    new CorpusActivations.Catch(List.of(query.hook)),
                    cache,
                    Logits.NONE,
                    scope.cancellation());
            for (KeyValues layer : cache.added()) {
                beginningShape = layer.keys().getShape();
                beginningType = layer.keys().getDataType();
                beginning.add(new float[][] {DeviceArrays.floats(layer.keys()), DeviceArrays.floats(layer.values())});
            }
        }

        /** (end - first, width) row-major. */
        private float[] residuals(Scope scope, LanguageModel lm, int first, int end) {
            NDManager step = scope.arrays();
            List<KeyValues> shared = beginning.stream()
                    .map(layer -> new KeyValues(past(step, layer[0]), past(step, layer[1])))
                    .toList();
            int[][] ids = new int[end - first][];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = new int[] {first + i};
            }
            CorpusActivations.Catch caught = new CorpusActivations.Catch(List.of(query.hook));
            lm.forward(
                    step,
                    Input.of(ids).startingAt(1),
                    caught,
                    KeyValueCache.empty().withShared(shared),
                    Logits.NONE,
                    scope.cancellation());
            NDArray value = caught.value(query.hook);
            if (!DeviceArrays.isFinite(value)) {
                throw Vectors.nonFinite("What the model computes at " + query.hook);
            }
            return DeviceArrays.floats(value);
        }

        private NDArray past(NDManager step, float[] values) {
            return step.create(values, beginningShape).toType(beginningType, false);
        }

        @Override
        public UnigramTable result() {
            return table;
        }

        @Override
        public double fraction() {
            return table == null ? 0 : (double) done / table.tokens();
        }
    }
}

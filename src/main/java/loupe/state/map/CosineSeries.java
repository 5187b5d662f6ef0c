package loupe.state.map;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javafx.beans.binding.Bindings;
import javafx.beans.binding.BooleanBinding;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.analysis.geometry.DirectionMoments;
import loupe.analysis.geometry.KeptCosines;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.VectorSet;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answer to one question about largest cosines: from disk if it is kept there, else computed, once that is wanted,
 * and then kept. JavaFX thread only.
 */
public final class CosineSeries {
    private static final Logger LOG = LoggerFactory.getLogger(CosineSeries.class);

    private final Workbench workbench;
    private final KeptCosines disk;
    private final ResultSlot<Optional<LargestCosines.Answer>> found;
    private final ResultSlot<DirectionMoments.Answer> moments;
    private final ResultSlot<LargestCosines.Answer> computed;
    private final ReadOnlyObjectWrapper<LargestCosines.Answer> answer = new ReadOnlyObjectWrapper<>(this, "answer");
    private final BooleanBinding pending;
    private @Nullable LargestCosines question;
    private boolean computes;

    CosineSeries(Workbench workbench, KeptCosines disk) {
        this.workbench = workbench;
        this.disk = disk;
        found = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        moments = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        computed = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        pending = Bindings.createBooleanBinding(
                () -> moments.isPending() || computed.isPending(),
                moments.pendingProperty(),
                computed.pendingProperty());
        found.valueProperty().addListener(changed -> take());
        found.problemProperty().addListener((property, was, is) -> {
            if (is != null) {
                take();
            }
        });
        moments.valueProperty().addListener((property, was, is) -> {
            if (is != null && question != null) {
                begin(computed, question);
            }
        });
        computed.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                answer.set(is);
                keep();
            }
        });
    }

    private record Find(KeptCosines disk, LargestCosines question)
            implements HostQuestion<Optional<LargestCosines.Answer>> {
        @Override
        public Optional<LargestCosines.Answer> answer(Cancellation cancellation) {
            return disk.find(question);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }

    /** What is known; null while nothing is. */
    public ReadOnlyObjectProperty<LargestCosines.Answer> answer() {
        return answer.getReadOnlyProperty();
    }

    /** What is computed, for its progress and what may have failed. */
    public ResultSlot<LargestCosines.Answer> computed() {
        return computed;
    }

    /** Whether it is being computed. */
    public BooleanBinding pending() {
        return pending;
    }

    /** Whether all of it is known. */
    public boolean isComplete() {
        LargestCosines.Answer known = answer.get();
        return known != null && known.done() == known.rows();
    }

    /** Asks another question; one that is not kept is computed once {@link #compute} is called. */
    void ask(LargestCosines asked) {
        if (asked.equals(question)) {
            return;
        }
        clear();
        question = asked;
        found.askAfresh(new Find(disk, asked));
    }

    void clear() {
        question = null;
        computes = false;
        found.clear();
        moments.clear();
        computed.clear();
        answer.set(null);
    }

    /** Computes what is not kept, now or once that has been found out. */
    void compute() {
        computes = true;
        take();
    }

    void stop() {
        computes = false;
        moments.stop();
        computed.stop();
    }

    /** Shows what is kept, once that is found out; a failure to read it counts as nothing kept. */
    private void take() {
        Optional<LargestCosines.Answer> kept = found.getValue();
        if (question == null || (kept == null && found.getProblem() == null)) {
            return;
        }
        if (kept != null && kept.isPresent()) {
            answer.set(kept.get());
        } else if (computes && !isComplete()) {
            if (question.of() instanceof VectorSet.MatchedLike like) {
                begin(moments, new DirectionMoments(new VectorSet.Of(like.space())));
            } else {
                begin(computed, question);
            }
        }
    }

    /** What was stopped begins anew. */
    private static <R> void begin(ResultSlot<R> slot, Query<R> asked) {
        if (slot.stoppedProperty().get()) {
            slot.goOn(asked);
        } else {
            slot.ask(asked);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // what cannot be kept is computed again
    private void keep() {
        LargestCosines asked = question;
        LargestCosines.Answer known = answer.get();
        if (asked == null || !isComplete()) {
            return;
        }
        CompletableFuture.runAsync(
                () -> {
                    try {
                        disk.keep(asked, known);
                    } catch (CheckpointException full) {
                        LOG.warn("The largest cosines are not kept: {}", full.getMessage());
                    }
                },
                workbench.service().files());
    }
}

package loupe.state.pane;

import java.util.Optional;
import java.util.function.Consumer;
import loupe.base.Problem;
import loupe.base.Remedy;

/**
 * What a pane shows, and whether a newer answer is on its way.
 *
 * @param shown the content, why there is none, or what failed
 * @param pending whether a newer answer is on its way; what is shown is older then
 * @param fraction how much of that answer is done, 0 to 1; negative if unknown
 */
public record PaneStatus(Shown shown, boolean pending, double fraction) {
    /** The content is there and nothing newer is on its way. */
    public static final PaneStatus READY = new PaneStatus(new Content(), false, -1);

    /** What a pane shows in its place for content. */
    public sealed interface Shown {}

    /** The content itself. */
    public record Content() implements Shown {}

    /**
     * There is nothing to see.
     *
     * @param why the reason, and what to do; not empty
     * @param need what the pane offers to open or to choose; empty where that would not help
     */
    public record Empty(String why, Optional<PaneNeed> need) implements Shown {
        public Empty(String why) {
            this(why, Optional.empty());
        }

        public Empty {
            if (why.isEmpty()) {
                throw new IllegalArgumentException("the reason is empty, expected words");
            }
        }
    }

    /**
     * The question has no answer.
     *
     * @param retry asks it once more; empty where that would fail again
     * @param dismiss goes back to what was there before; empty where nothing was
     * @param mend is given the remedy that the user chooses; empty where none can be chosen
     */
    public record Failed(
            Problem problem, Optional<Runnable> retry, Optional<Runnable> dismiss, Optional<Consumer<Remedy>> mend)
            implements Shown {}
}

package loupe.ui.welcome;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A step of the guided tour: one thing to look at or to do, in the window as it is.
 *
 * @param title a few words
 * @param words what to see or do, by the state of the window; asked again as that changes
 * @param target CSS selector of the control that the step is about
 * @param prepare brings what the step needs, such as its pane, into sight
 * @param act does what the step asks for; empty for a step that only shows something
 * @param watch called when the step begins; says whether what the step asks for has happened since
 * @param needed whether there is nothing to see in later steps before it has happened
 */
record TourStep(
        String title,
        Supplier<String> words,
        String target,
        Runnable prepare,
        Optional<Act> act,
        Supplier<BooleanSupplier> watch,
        boolean needed) {
    /** What a step's button does. */
    record Act(String label, Runnable action) {}

    /** A step that shows something, which is there or not. */
    static TourStep shows(
            String title, Supplier<String> words, String target, Runnable prepare, BooleanSupplier there) {
        return new TourStep(title, words, target, prepare, Optional.empty(), () -> there, false);
    }

    /** A step that asks for something. */
    static TourStep asks(
            String title,
            Supplier<String> words,
            String target,
            Runnable prepare,
            Act act,
            Supplier<BooleanSupplier> watch) {
        return new TourStep(title, words, target, prepare, Optional.of(act), watch, false);
    }

    TourStep thatIsNeeded() {
        return new TourStep(title, words, target, prepare, act, watch, true);
    }
}

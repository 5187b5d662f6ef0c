package loupe.ui.pane;

import java.util.List;

/** What the rows of any table of one side can do, wherever they stand. */
public interface RowActions {
    /** Shows a feature in every pane. */
    void goTo(int feature);

    /** Asks for the neighbours of a token and the features active at it, in the panes where they stand. */
    void askOfToken(int token);

    /** The same, and brings the neighbours to the front. */
    void goToToken(int token);

    boolean isStarred(int feature);

    void star(int feature, boolean on);

    /** The names of the lists of the side's checkpoint. */
    List<String> lists();

    /** Whether a feature is in a list. */
    boolean isIn(String list, int feature);

    /** Puts a feature at the end of a list, or takes it out. */
    void put(String list, int feature, boolean in);

    /** What {@link #compareWith} does, as an entry of a menu; empty if there is nothing to compare with. */
    String comparing(int feature);

    /** Whether {@link #ablate} can be done to features of this side. */
    boolean canAblate();

    /** Adds the ablation of features, together, to what is done to the model while it reads. */
    void ablate(List<Integer> features);

    /** Shows a feature beside the chosen one. */
    void compareWith(int feature);
}

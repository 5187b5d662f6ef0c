package loupe.ui.window;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import loupe.ui.corpus.CoActivationPane;
import loupe.ui.corpus.ExamplesPane;
import loupe.ui.corpus.HistogramPane;
import loupe.ui.corpus.TextPane;
import loupe.ui.features.ListsPane;
import loupe.ui.features.ScatterPane;
import loupe.ui.nearest.LogitPane;
import loupe.ui.nearest.NeighboursPane;
import loupe.ui.nearest.TokenListPane;
import loupe.ui.pane.Pane;
import loupe.ui.tree.TreePane;

/**
 * A kind of pane: its place in the window, the titles of its tabs and how it is created. {@link #ALL} is the only list
 * of them; the arrangement, the commands, the tour and the tests go through it.
 *
 * @param type the class of such panes
 * @param id its name in ids of nodes and in file names
 * @param title of a pane that stands alone
 * @param place its place in the window
 * @param titles of its tabs beside the other checkpoint's pane
 * @param sharesTab whether it shares a tab with its neighbours where a wide window shows one checkpoint
 * @param ofBoth whether one pane shows both checkpoints, so that there is no second one
 * @param command brings it to the front from the keyboard; empty for none
 * @param make creates the pane of one side
 */
public record PaneKind(
        Class<? extends Pane> type,
        String id,
        String title,
        Place place,
        Titles titles,
        boolean sharesTab,
        boolean ofBoth,
        Optional<ShowCommand> command,
        Function<SideLinks, Pane> make) {
    /** Every kind of pane, in the order in which they stand in their places. */
    public static final List<PaneKind> ALL = List.of(
            of(
                            HistogramPane.class,
                            "histogram",
                            "Activations",
                            Place.CHARTS,
                            links -> new HistogramPane(
                                    links.side().histogram(), links.side()::provenance, links.featureDesk()))
                    .dividedBy("histograms")
                    .sharingATab(),
            of(
                            LogitPane.class,
                            "logits",
                            "Logit weights",
                            Place.CHARTS,
                            links -> new LogitPane(
                                    links.side().logits(),
                                    links.texts(),
                                    links::askOfToken,
                                    links.side()::provenance,
                                    links.featureDesk()))
                    .sharingATab(),
            of(
                            ScatterPane.class,
                            "scatter",
                            "All features",
                            Place.CHARTS,
                            links -> new ScatterPane(links.models(), links.checkpointDesk()))
                    .ofBothSides()
                    .shownBy("all-features", "Plot two numbers of all features", "Shortcut+G"),
            of(
                            ExamplesPane.class,
                            "examples",
                            "Examples",
                            Place.TEXTS,
                            links -> new ExamplesPane(
                                    links.side().examples(),
                                    links.texts(),
                                    links::askOfToken,
                                    links::openAsText,
                                    links.featureDesk()))
                    .shownBy("examples", "Show the examples", "Shortcut+Shift+T"),
            of(
                            TextPane.class,
                            "text",
                            "Your text",
                            Place.TEXTS,
                            links -> new TextPane(
                                    links.side().text(),
                                    links.texts(),
                                    links::chooseFeature,
                                    links::describe,
                                    links::strongest,
                                    links.featureDesk()))
                    .dividedBy("texts")
                    .shownBy("text", "Read a text of your own", "Shortcut+T"),
            of(
                            TreePane.class,
                            "tree",
                            "Definition tree",
                            Place.TREES,
                            links -> new TreePane(
                                    links.side(), links.otherSide().tree(), links.texts(), links.featureDesk()))
                    .dividedBy("trees"),
            of(
                            TokenListPane.class,
                            "tokens",
                            "Token list",
                            Place.LISTS,
                            links -> new TokenListPane(links.side().tokens(), links.texts(), links.featureDesk()))
                    .titled("Token lists", "Tokens")
                    .sharingATab(),
            of(
                            NeighboursPane.class,
                            "neighbours",
                            "Neighbours",
                            Place.LISTS,
                            links -> new NeighboursPane(
                                    links::chooseFeature,
                                    links.side().neighbours(),
                                    links.texts(),
                                    links::describe,
                                    links.featureDesk()))
                    .titled("Neighbours", "Near")
                    .sharingATab(),
            of(
                            CoActivationPane.class,
                            "together",
                            "Active together",
                            Place.LISTS,
                            links -> new CoActivationPane(
                                    links::chooseFeature,
                                    links.side().together(),
                                    links::describe,
                                    links.featureDesk()))
                    .titled("Active together", "With")
                    .shownOrLeftBy("together", "Show features active together, or go back", "Shortcut+Shift+A"),
            of(
                            ListsPane.class,
                            "lists",
                            "Lists",
                            Place.LISTS,
                            links -> new ListsPane(
                                    links.models().lists(),
                                    links.models().a().side(),
                                    links.texts(),
                                    links::chooseFeature,
                                    links::describe,
                                    links.desk()))
                    .ofBothSides()
                    .shownOrLeftBy("lists", "Show the lists of features, or go back", "Shortcut+J"));

    /**
     * The titles of a kind's tabs while two checkpoints are compared.
     *
     * @param ofPair a tab with the panes of both
     * @param brief a tab with the pane of A, before that letter
     * @param divider the name of the divider between the two, as a session keeps it
     */
    record Titles(String ofPair, String brief, String divider) {}

    /**
     * A command that brings a pane to the front.
     *
     * @param key such as {@code Shortcut+T}
     * @param leaves whether it brings back the previous tab if the pane is in front already
     */
    record ShowCommand(String name, String title, String key, boolean leaves) {}

    /** A kind with a pane for each side and a tab of its own. */
    static <P extends Pane> PaneKind of(
            Class<P> type, String id, String title, Place place, Function<SideLinks, P> make) {
        return new PaneKind(
                type, id, title, place, new Titles(title, title, id), false, false, Optional.empty(), make::apply);
    }

    /**
     * The kind of a class of panes.
     *
     * @throws IllegalArgumentException if the window has no such panes
     */
    static PaneKind of(Class<? extends Pane> type) {
        return ALL.stream()
                .filter(kind -> kind.type == type)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the window has no " + type.getSimpleName()));
    }

    private PaneKind titled(String ofPair, String brief) {
        return with(new Titles(ofPair, brief, titles.divider()), command);
    }

    private PaneKind dividedBy(String divider) {
        return with(new Titles(titles.ofPair(), titles.brief(), divider), command);
    }

    private PaneKind shownBy(String name, String words, String key) {
        return with(titles, Optional.of(new ShowCommand(name, words, key, false)));
    }

    private PaneKind shownOrLeftBy(String name, String words, String key) {
        return with(titles, Optional.of(new ShowCommand(name, words, key, true)));
    }

    private PaneKind with(Titles newTitles, Optional<ShowCommand> newCommand) {
        return new PaneKind(type, id, title, place, newTitles, sharesTab, ofBoth, newCommand, make);
    }

    private PaneKind sharingATab() {
        return new PaneKind(type, id, title, place, titles, true, ofBoth, command, make);
    }

    private PaneKind ofBothSides() {
        return new PaneKind(type, id, title, place, titles, sharesTab, true, command, make);
    }

    /** Its id; the rest is in {@link #ALL}. */
    @Override
    public String toString() {
        return id;
    }
}

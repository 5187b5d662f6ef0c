package loupe.ui.window;

import static loupe.state.window.PaneLayout.across;
import static loupe.state.window.PaneLayout.down;
import static loupe.state.window.PaneLayout.part;
import static loupe.state.window.PaneLayout.stack;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.state.window.PaneLayout;
import loupe.state.window.PaneLayout.Stack;
import org.kordamp.ikonli.Ikon;
import org.kordamp.ikonli.feather.Feather;

/**
 * A view: panes that belong to one kind of work, in a layout. All views show the same selection; a pane may stand in
 * several, and is moved to the one that is shown. {@link #ALL} is the only list of them; the rail, the commands, the
 * session and the tests go through it.
 *
 * @param id its name in ids of nodes and in the session
 * @param title on the rail
 * @param about what it is for, for the tooltip
 * @param layout its panes where they stand at first, by the ids of {@link PaneKind#ALL}
 */
public record ViewKind(String id, String title, String about, Ikon icon, PaneLayout layout) {
    /** Every view, in the order of the rail. The first is the one of a first start. */
    public static final List<ViewKind> ALL = List.of(
            new ViewKind(
                    "features",
                    "Features",
                    "All about one feature at a glance",
                    Feather.GRID,
                    across(
                            part(304, stack("features")),
                            part(
                                    480,
                                    down(
                                            part(
                                                    205,
                                                    new Stack(List.of(
                                                            List.of("histogram", "logits"), List.of("scatter")))),
                                            part(212, stack("examples", "text")),
                                            part(259, stack("tree")))),
                            part(
                                    406,
                                    down(
                                            part(348, stack("ghost")),
                                            part(
                                                    320,
                                                    new Stack(List.of(
                                                            List.of("tokens", "neighbours"),
                                                            List.of("together"),
                                                            List.of("lists")))))))),
            new ViewKind(
                    "trees",
                    "Trees",
                    "Definition trees at full size, with the ghost's controls",
                    Feather.GIT_BRANCH,
                    across(
                            part(800, stack("tree")),
                            part(391, down(part(348, stack("ghost")), part(320, stack("tokens", "neighbours")))))),
            new ViewKind(
                    "corpus",
                    "Corpus",
                    "Which texts are counted and how, and where a feature is active in them and in a text of your own",
                    Feather.BOOK_OPEN,
                    across(
                            part(380, stack("corpus")),
                            part(440, down(part(380, stack("examples")), part(288, stack("text")))),
                            part(371, down(part(260, stack("histogram", "scatter")), part(408, stack("together")))))),
            new ViewKind(
                    "text",
                    "Text",
                    "One or two prompts: what the model predicts, which features are active, and what they do",
                    Feather.TYPE,
                    across(
                            part(
                                    760,
                                    down(
                                            part(300, stack("prompt")),
                                            part(
                                                    368,
                                                    stack(
                                                            "prompt-features",
                                                            "effects",
                                                            "ablated-text",
                                                            "generation",
                                                            "dose",
                                                            "patching",
                                                            "attribution",
                                                            "circuit")))),
                            part(
                                    431,
                                    down(
                                            part(340, stack("predictions", "dream")),
                                            part(328, stack("interventions")))))),
            new ViewKind(
                    "map",
                    "Map",
                    "Where all features and all tokens lie: how near the nearest are, and what is about one token",
                    Feather.MAP,
                    across(
                            part(304, stack("features")),
                            part(887, stack("cosines", "kinds", "enrichment", "embedding", "token-bias")))));

    /** The layouts that the views come with, by their ids and in their order. */
    static Map<String, PaneLayout> layouts() {
        Map<String, PaneLayout> layouts = new LinkedHashMap<>();
        ALL.forEach(view -> layouts.put(view.id, view.layout));
        return layouts;
    }
}

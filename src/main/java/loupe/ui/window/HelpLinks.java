package loupe.ui.window;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.control.TableView;
import loupe.ui.control.HelpEvent;
import loupe.ui.help.HelpEntry;
import loupe.ui.help.HelpPage;
import loupe.ui.help.HelpTexts;

/** The ways from what the window shows to the help that explains it. */
final class HelpLinks {
    /** How the groups of keys begin among the entries. */
    static final String KEYS = "Keys: ";

    /** The place of the feature's identity card in the help. */
    static final String HEADER = "Feature header";
    /** The pages that have tables, by the ids of these. */
    private static final Map<String, String> PAGES =
            Map.of("batch-table", "Batch", "evaluation-table", "Evaluation", "inspect-table", "Inspect");

    private final PaneArea area;
    private final Node header;
    private final Commands commands;
    private final Consumer<HelpPage> show;

    /**
     * @param header the feature's identity card
     * @param show shows a page of the help
     */
    HelpLinks(PaneArea area, Node header, Commands commands, Consumer<HelpPage> show) {
        this.area = area;
        this.header = header;
        this.commands = commands;
        this.show = show;
    }

    /** Gives every pane's menu an item that tells what it shows. */
    void addToPanes() {
        Stream.of(area.a(), area.b())
                .flatMap(side -> side.kinds().values().stream())
                .forEach(pane -> pane.node()
                        .getMenuItems()
                        .add(HelpEvent.item("What is shown here? (Ctrl+F1)", pane.node(), "")));
    }

    /** Opens the help that is asked for anywhere in a scene. */
    void install(Scene scene) {
        scene.addEventHandler(HelpEvent.WANTED, event -> {
            if (event.getTarget() instanceof Node from) {
                open(from, event.about());
                event.consume();
            }
        });
    }

    /** Opens the help as a whole. */
    void open() {
        show.accept(new HelpPage(texts()));
    }

    /** Opens the help at an entry. */
    void open(HelpEntry entry) {
        HelpPage page = new HelpPage(texts());
        page.openAt(entry);
        show.accept(page);
    }

    /** Opens the help with what a pane, or the identity card, shows. */
    void open(String place) {
        HelpPage page = new HelpPage(texts());
        page.openWith(place);
        show.accept(page);
    }

    private void open(Node from, String about) {
        String place = placeOf(from);
        if (about.isEmpty()) {
            open(place);
            return;
        }
        HelpTexts texts = texts();
        HelpPage page = new HelpPage(texts);
        entry(texts, from, about).ifPresent(page::openAt);
        show.accept(page);
    }

    /** What explains a column of a table, or has a title. */
    Optional<HelpEntry> entry(HelpTexts texts, Node from, String about) {
        return from instanceof TableView ? texts.ofColumn(placeOf(from), about) : texts.titled(about);
    }

    /** The title of the pane or page that holds a node; empty for none that shows figures. */
    String placeOf(Node node) {
        for (Node at = node; at != null; at = at.getParent()) {
            if (at == header) {
                return HEADER;
            }
        }
        return Stream.of(area.a(), area.b())
                .flatMap(side -> side.kinds().entrySet().stream())
                .filter(pane ->
                        pane.getValue().node() == node || pane.getValue().node().holds(node))
                .map(pane -> pane.getKey().title())
                .findFirst()
                .orElse(PAGES.getOrDefault(String.valueOf(node.getId()), ""));
    }

    /** All that can be looked up in this window, with its keys. */
    HelpTexts texts() {
        List<HelpEntry> keys = new ArrayList<>();
        for (Command command : commands.all()) {
            keys.add(new HelpEntry(KEYS + command.group(), command.title(), command.keyText()));
        }
        ShortcutPage.OTHERS.forEach((group, rows) -> {
            for (String[] row : rows) {
                keys.add(new HelpEntry(KEYS + group, row[1], row[0]));
            }
        });
        return HelpTexts.with(keys);
    }
}

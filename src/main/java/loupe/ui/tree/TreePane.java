package loupe.ui.tree;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import javafx.beans.property.Property;
import javafx.scene.control.Button;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.Label;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.scene.control.RadioMenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.NullDivergence;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.TreeDiff;
import loupe.analysis.ghost.TreeSteering;
import loupe.state.SideModels;
import loupe.state.ghost.GhostKnobs;
import loupe.state.ghost.SteeringValues;
import loupe.state.tree.TreeComparison;
import loupe.state.tree.TreeModel;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.BarToggle;
import loupe.ui.control.IconButtons;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.SliderField;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.ghost.KnobFields;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenText;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** The definition tree of a side's feature. */
public final class TreePane implements Pane {
    /** The numbers of random directions in the menu; a session may have another. */
    private static final List<Integer> DRAWS = List.of(16, 32, 64, 128, 256, 512, 1000, NullDivergence.MOST_DRAWS);

    private final TreeModel model;
    private final VocabularyTexts texts;
    private final PaneFrame frame = new PaneFrame("Definition tree");
    private final TreeCanvas canvas;
    private final SliderField foldUnder;
    private final TreeComparison comparison;
    private final ExportMenu export;
    private final ExportMenu part;
    private final IntConsumer askOfToken;
    private final TreeFiles files;
    private final SteeringBar steering;
    private final ToggleButton showSteering = new ToggleButton(null, new FontIcon(Feather.NAVIGATION));
    private final TreeCompareMenu compareMenu;
    private final Button stop;
    private final Button goOn;
    private final Label steered = new Label();
    private final HBox steeredChip;
    private final HBox listedChip;
    private final Tooltip listedWords = Tooltips.of("");

    /**
     * @param other the other side's tree
     * @param askOfToken takes the token whose neighbours are wanted
     */
    public TreePane(SideModels side, TreeModel other, VocabularyTexts texts, IntConsumer askOfToken, FileSaver desk) {
        this.askOfToken = askOfToken;
        model = side.tree();
        stop = IconButtons.of(Feather.SQUARE, "Stop growing the tree", model::stop);
        goOn = IconButtons.of(Feather.PLAY, "Let the tree grow on from where it was stopped", model::goOn);
        steeredChip = new HBox(
                steered,
                IconButtons.of(
                        Feather.X,
                        "Do not steer",
                        () -> model.controls().steering().set(SteeringValues.NONE)));
        listedChip = new HBox(
                listedLabel(),
                IconButtons.of(
                        Feather.X,
                        "Grow the tree without the interventions",
                        () -> model.withListed().set(false)));
        foldUnder = KnobFields.of(model.controls(), GhostKnobs.FOLD_UNDER);
        canvas = new TreeCanvas(desk);
        comparison = side.comparison();
        this.texts = texts;
        export = new ExportMenu(canvas, side::treeProvenance, desk);
        part = new ExportMenu(canvas.visiblePart(), side::treeProvenance, desk);
        files = new TreeFiles(model, texts, side::treeProvenance, desk);
        steering = new SteeringBar(model, comparison);
        compareMenu = new TreeCompareMenu(comparison, other, frame);
        layOut();
        bind();
        side.side().feature().addListener(changed -> canvas.home()); // a zoom that suited one tree loses another
    }

    private static Label listedLabel() {
        Label label = new Label("With interventions");
        label.setMinWidth(Region.USE_PREF_SIZE);
        return label;
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public Optional<ExportMenu> picture() {
        return Optional.of(export);
    }

    @Override
    public void focus() {
        canvas.requestFocus();
    }

    /** Opens and focuses the search in the tree. */
    public void startFind() {
        canvas.requestFocus();
        canvas.openFind();
    }

    private void layOut() {
        canvas.setId("tree-" + model.side());
        canvas.sideProperty().set(model.side().name());
        stop.setId("tree-stop-" + model.side());
        goOn.setId("tree-go-on-" + model.side());
        steeredChip.setId("tree-steered-" + model.side());
        steeredChip.getStyleClass().add("chip");
        steered.setMinWidth(Region.USE_PREF_SIZE);
        Tooltip.install(steeredChip, Tooltips.of("The tree grows while the feature is steered"));
        listedChip.setId("tree-listed-" + model.side());
        listedChip.getStyleClass().add("chip");
        Tooltip.install(listedChip, listedWords);
        foldUnder.setId("tree-fold-" + model.side());
        foldUnder.getStyleClass().add("tree-fold");
        VBox.setVgrow(canvas, Priority.ALWAYS);
        showSteering.setId("tree-steering-" + model.side());
        showSteering.getStyleClass().add("icon-button");
        showSteering.setTooltip(Tooltips.of("Add the feature to the residual stream while the tree grows, or carry out "
                + "the interventions of the list"));
        showSteering.setAccessibleText("Steer by the feature, or carry out interventions");
        VBox content = new VBox(foldUnder, canvas);
        BarToggle.tie(
                showSteering, steering, content, model.controls().steering().map(SteeringValues::isOn));
        content.setMinSize(0, 0);
        frame.setContent(content);
        frame.getActions()
                .addAll(
                        listedChip,
                        steeredChip,
                        stop,
                        goOn,
                        showSteering,
                        IconButtons.of(Feather.SEARCH, "Find in the tree (Ctrl+F)", canvas::openFind),
                        IconButtons.of(
                                Feather.MAXIMIZE, "Show the whole tree (0); Home is its natural size", canvas::fit));
        MenuItem unfold = new MenuItem("Unfold everything");
        unfold.setOnAction(event -> canvas.unfoldAll());
        MenuItem foldAgain = new MenuItem("Fold generic branches again (G)");
        foldAgain.setOnAction(event -> canvas.foldGenericAgain());
        frame.getMenuItems().addAll(viewItems());
        frame.getMenuItems().addAll(unfold, foldAgain);
        CheckMenuItem pastEnd = new CheckMenuItem("Go on after the end of a text");
        pastEnd.setId("tree-past-end-" + model.side());
        pastEnd.selectedProperty().bindBidirectional(model.controls().property(GhostKnobs.PAST_END));
        frame.getMenuItems().add(pastEnd);
        frame.getMenuItems().add(baselines());
        frame.getMenuItems().add(compareMenu.menu());
        frame.getMenuItems().add(files.menu());
        frame.getMenuItems().addAll(export.items());
        frame.getMenuItems().add(visiblePart());
        export.attachTo(canvas, this::itemsAtBranch);
    }

    /** Fresh menu items for the selected branch, if there is one, and for what is seen. */
    private List<MenuItem> itemsAtBranch() {
        List<MenuItem> items = new ArrayList<>();
        int node = canvas.selectedProperty().get();
        TreeData tree = canvas.treeLayout().data();
        if (node > 0) {
            items.add(item("Copy the sentence (Ctrl+C)", canvas::copySentence));
            MenuItem fold = item(
                    canvas.treeLayout().stub(node) > 0
                            ? "Open these branches (Space)"
                            : canvas.treeLayout().folded(node)
                                    ? "Unfold what follows (Space)"
                                    : "Fold what follows (Space)",
                    () -> canvas.toggleFold(node));
            fold.setDisable(!canvas.treeLayout().hasMore(node));
            MenuItem ask = item(
                    "Neighbours of the token " + TokenText.visible(tree.text(node)),
                    () -> askOfToken.accept(tree.tokenId(node)));
            ask.setDisable(tree.tokenId(node) < 0);
            ask.setMnemonicParsing(false);
            MenuItem without = item(
                    "Grow trees without the token " + TokenText.visible(tree.text(node)),
                    () -> model.controls().property(GhostKnobs.MASK_ID).set(Optional.of(tree.tokenId(node))));
            without.setDisable(tree.tokenId(node) < 0);
            without.setMnemonicParsing(false);
            items.addAll(List.of(fold, ask, without, new SeparatorMenuItem()));
        }
        items.addAll(viewItems());
        items.add(visiblePart());
        return items;
    }

    private Menu visiblePart() {
        Menu menu = new Menu("The part in sight");
        menu.getItems().setAll(part.items());
        return menu;
    }

    /** Fresh menu items for what is seen of the tree. */
    private List<MenuItem> viewItems() {
        return List.of(
                item("Find in the tree (Ctrl+F)", canvas::openFind),
                item("Show the whole tree (0)", canvas::fit),
                item("Natural size (Home)", canvas::home),
                chances(),
                new SeparatorMenuItem());
    }

    private MenuItem chances() {
        CheckMenuItem chances = new CheckMenuItem("Probabilities beside the tokens (P)");
        chances.selectedProperty().bindBidirectional(canvas.chancesProperty());
        return chances;
    }

    private static MenuItem item(String words, Runnable action) {
        MenuItem item = new MenuItem(words);
        item.setOnAction(event -> action.run());
        return item;
    }

    /** The baselines to choose from: branches that are as likely under the baseline are drawn faded. */
    private Menu baselines() {
        Menu menu = new Menu("Fade generic branches");
        ToggleGroup one = new ToggleGroup();
        Map<String, TreeBaseline> choices = new LinkedHashMap<>();
        choices.put("No baseline", TreeBaseline.NONE);
        choices.put("Baseline: 4 random directions", TreeBaseline.random(4));
        choices.put("Baseline: centroid", TreeBaseline.CENTROID);
        choices.put("Baseline: prompt without the ghost", TreeBaseline.EMPTY);
        choices.forEach((words, baseline) -> {
            RadioMenuItem item = new RadioMenuItem(words);
            item.setToggleGroup(one);
            item.setSelected(baseline.equals(model.baseline().get()));
            item.setOnAction(event -> model.baseline().set(baseline));
            menu.getItems().add(item);
        });
        menu.getItems().addAll(new SeparatorMenuItem(), draws());
        return menu;
    }

    /** How many random directions the divergence from the baseline is compared with. */
    private Menu draws() {
        Menu menu = new Menu("Compare with random directions");
        menu.setId("tree-draws-" + model.side());
        ToggleGroup one = new ToggleGroup();
        Property<Number> wanted = model.controls().property(GhostKnobs.NULL_DRAWS);
        for (int draws : DRAWS) {
            RadioMenuItem item = new RadioMenuItem(NumberTexts.count(draws) + " of them");
            item.setToggleGroup(one);
            item.setSelected(wanted.getValue().intValue() == draws);
            item.setOnAction(event -> wanted.setValue(draws));
            wanted.addListener((property, was, is) -> item.setSelected(is.intValue() == draws));
            menu.getItems().add(item);
        }
        return menu;
    }

    private void bind() {
        frame.statusProperty().bind(comparison.status());
        canvas.chancesProperty().bindBidirectional(model.probabilities());
        stop.visibleProperty().bind(model.tree().pendingProperty());
        stop.managedProperty().bind(stop.visibleProperty());
        goOn.visibleProperty().bind(model.tree().stoppedProperty());
        goOn.managedProperty().bind(goOn.visibleProperty());
        model.tree().stoppedProperty().addListener(changed -> showSize());
        model.controls().steering().addListener(changed -> showSteered());
        model.inForce().addListener(changed -> showListed());
        showListed();
        showSteering.selectedProperty().addListener(changed -> showSteered());
        showSteered();
        model.controls()
                .cutoff()
                .addListener((property, was, is) -> canvas.cutoffProperty().set(is.doubleValue()));
        canvas.cutoffProperty().set(model.controls().cutoff().get());
        model.controls()
                .values()
                .addListener((property, was, is) -> canvas.foldUnderProperty().set(is.foldUnder()));
        canvas.foldUnderProperty().set(model.controls().values().get().foldUnder());
        foldUnder.visibleProperty().bind(model.baseline().isNotEqualTo(TreeBaseline.NONE));
        foldUnder.managedProperty().bind(foldUnder.visibleProperty());
        canvas.genericHiddenProperty().addListener((property, was, is) -> showSize());
        Answers.show(model.tree(), this::show, () -> {
            canvas.setData(TreeData.EMPTY);
            frame.subtitleProperty().set("");
        });
        Answers.whileShown(frame, model.tree()::setWanted);
        model.beyondChance().addListener(changed -> showSize());
        comparison.diff().valueProperty().addListener((property, was, is) -> draw());
        comparison.other().addListener(changed -> draw());
    }

    /** Opens and focuses the steering. */
    public void startSteering() {
        showSteering.setSelected(true);
        steering.focusCoefficient();
    }

    /** Says that the feature is steered where the bar that shows it is closed. */
    private void showSteered() {
        SteeringValues now = model.controls().steering().get();
        boolean hidden = now.isOn() && !showSteering.isSelected();
        steeredChip.setVisible(hidden);
        steeredChip.setManaged(hidden);
        steered.setText((now.kind() == TreeSteering.Kind.ADD ? "Steered by " : "Clamped to ")
                + NumberTexts.plain(now.coefficient()));
    }

    /** Says that the tree grows under interventions. */
    private void showListed() {
        TreeModel.Listed now = model.inForce().get();
        boolean any = !now.interventions().isEmpty();
        listedChip.setVisible(any);
        listedChip.setManaged(any);
        listedWords.setText("The tree grows under the interventions of the list: " + now.words());
    }

    private void show(DefinitionTree.Answer answer) {
        draw();
    }

    /**
     * Draws the tree alone, or laid over the one it is compared with; until that is computed, the old drawing stays.
     */
    private void draw() {
        DefinitionTree.Answer answer = model.tree().getValue();
        TreeDiff diff = comparison.diff().getValue();
        if (answer == null) {
            return;
        }
        if (comparison.other().get().isEmpty()
                || (diff == null && !comparison.diff().isPending())) {
            canvas.setData(new GrownTree(answer, texts::of));
            showSize();
        } else if (diff != null) {
            canvas.setData(drawn(diff));
            frame.subtitleTipProperty().set("");
            frame.subtitleProperty()
                    .set(NumberTexts.count(diff.count(TreeDiff.Part.BOTH)) + " shared, "
                            + NumberTexts.count(diff.count(TreeDiff.Part.ONLY_A)) + " only here (+), "
                            + NumberTexts.count(diff.count(TreeDiff.Part.ONLY_B)) + " only in "
                            + comparison.other().get() + " (\u2212)");
        }
    }

    /**
     * Shows the number of nodes and the divergence from the baseline: first as it is, then relative to random
     * directions.
     */
    private void showSize() {
        DefinitionTree.Answer answer = model.tree().getValue();
        if (answer == null || !comparison.other().get().isEmpty()) {
            return;
        }
        int folded = canvas.genericHiddenProperty().get();
        String nodes = NumberTexts.count(answer.size() - 1L) + " nodes"
                + (model.tree().stoppedProperty().get() ? " when stopped" : "")
                + (folded == 0 ? "" : ", " + NumberTexts.count(folded) + " folded as generic");
        NullDivergence.Corrected chance = model.beyondChance().get();
        if (chance != null) {
            frame.subtitleProperty()
                    .set(nodes + ", " + NumberTexts.number(chance.beyondChance()) + " nats beyond chance (z "
                            + NumberTexts.number(chance.z()) + ")");
            frame.subtitleTipProperty()
                    .set("The tree's " + NullDivergence.NODES + " most probable nodes diverge from the baseline by "
                            + NumberTexts.number(chance.divergence())
                            + " nats. For "
                            + NumberTexts.count(model.controls().values().get().nullDraws())
                            + " random directions at the same scale the mean is " + NumberTexts.number(chance.mean())
                            + " and the standard deviation "
                            + NumberTexts.number(chance.deviation())
                            + " nats. Beyond chance is the excess over that mean; z is the excess in standard "
                            + "deviations. "
                            + "One in " + NumberTexts.number(1 / chance.chance())
                            + " random directions diverges as much.");
        } else if (!Double.isNaN(answer.divergence())) {
            frame.subtitleProperty()
                    .set(nodes + ", " + NumberTexts.number(answer.divergence()) + " nats from the baseline");
            frame.subtitleTipProperty()
                    .set("Kullback-Leibler divergence of the next token from the baseline's, in nats, summed over "
                            + "the nodes weighted by their probability. "
                            + "When the tree is complete it is compared with that of random directions.");
        } else {
            frame.subtitleProperty().set(nodes);
            frame.subtitleTipProperty().set("");
        }
    }

    /** Two trees as the canvas draws them. */
    static TreeData drawn(TreeDiff diff) {
        return new DrawnTogether(diff);
    }

    /** Two trees in one. */
    private record DrawnTogether(TreeDiff diff) implements TreeData {
        @Override
        public int size() {
            return diff.size();
        }

        @Override
        public int parent(int node) {
            return diff.node(node).parent();
        }

        @Override
        public String text(int node) {
            return diff.node(node).text();
        }

        @Override
        public double probability(int node) {
            TreeDiff.Node at = diff.node(node);
            return Double.isNaN(at.probabilityA()) ? at.probabilityB() : at.probabilityA();
        }

        @Override
        public double cumulative(int node) {
            return diff.node(node).cumulative();
        }

        @Override
        public int tokenId(int node) {
            return diff.node(node).token();
        }

        @Override
        public Share share(int node) {
            return switch (diff.node(node).part()) {
                case BOTH -> Share.BOTH;
                case ONLY_A -> Share.HERE;
                case ONLY_B -> Share.THERE;
            };
        }
    }
}

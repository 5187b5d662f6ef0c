package loupe.ui.window;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import javafx.beans.binding.Bindings;
import javafx.collections.ListChangeListener;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressBar;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.state.window.Activity;
import loupe.state.window.Notices;
import loupe.ui.control.PopOvers;
import loupe.ui.control.Tooltips;
import org.controlsfx.control.PopOver;
import org.controlsfx.control.StatusBar;
import org.jspecify.annotations.Nullable;

/**
 * The line at the bottom: the oldest long job with its progress, time left and stop, a menu of the other jobs, and the
 * notices.
 */
final class ActivityBar {
    private final Activity activity;
    private final Notices notices;
    private final Consumer<Path> showFolder;
    private final StatusBar bar = new StatusBar();
    private final HBox jobLine = new HBox();
    private final Hyperlink others = new Hyperlink();
    private final Hyperlink latest = new Hyperlink();
    private Notices.@Nullable Notice lookedAt;

    /** @param showFolder opens the folder that a file lies in */
    ActivityBar(Activity activity, Notices notices, Consumer<Path> showFolder) {
        this.activity = activity;
        this.notices = notices;
        this.showFolder = showFolder;
        layOut();
        bind();
    }

    Node node() {
        return bar;
    }

    private void layOut() {
        bar.setText("");
        bar.setFocusTraversable(false);
        bar.getStyleClass().add("activity-bar");
        jobLine.getStyleClass().add("job-line");
        jobLine.setAlignment(Pos.CENTER_LEFT);
        others.setId("other-jobs");
        others.setMinWidth(Region.USE_PREF_SIZE);
        others.setTooltip(Tooltips.of("All long work that runs now"));
        latest.setId("notices");
        latest.setTooltip(Tooltips.of("What happened, newest first"));
        bar.getLeftItems().add(jobLine);
        bar.getRightItems().addAll(others, latest);
    }

    private void bind() {
        activity.jobs().addListener((ListChangeListener<Activity.Job>) change -> showJobs());
        showJobs();
        notices.all().addListener((ListChangeListener<Notices.Notice>) change -> showLatest());
        showLatest();
        latest.visibleProperty().bind(Bindings.isNotEmpty(notices.all()));
        latest.setOnAction(event -> showNotices());
        others.setOnAction(event -> showAllJobs());
    }

    /** How many notices there are, or a failure that nobody has looked at. */
    @SuppressWarnings("ReferenceEquality") // the very notice
    private void showLatest() {
        List<Notices.Notice> all = notices.all();
        Notices.Notice newest = all.isEmpty() ? null : all.get(0);
        latest.getStyleClass().remove(NoticeList.FAILED);
        if (newest != null && newest.problem() != null && newest != lookedAt) {
            latest.setText(newest.text());
            latest.getStyleClass().add(NoticeList.FAILED);
            latest.setMinWidth(0);
        } else {
            latest.setText(all.size() == 1 ? "1 notice" : all.size() + " notices");
            latest.setMinWidth(Region.USE_PREF_SIZE);
        }
    }

    private void showJobs() {
        int count = activity.jobs().size();
        jobLine.getChildren().clear();
        if (count == 0) {
            Label idle = new Label("Ready");
            idle.getStyleClass().add("muted");
            jobLine.getChildren().add(idle);
        } else {
            jobLine.getChildren().add(line(activity.jobs().get(0)));
        }
        others.setText(count > 1 ? "and " + (count - 1) + " more" : "");
        others.setVisible(count > 1);
    }

    private static Node line(Activity.Job job) {
        Label title = new Label(job.title());
        title.setMinWidth(0); // gives way before the button and the time do
        ProgressBar progress = new ProgressBar();
        progress.progressProperty().bind(job.fraction());
        progress.getStyleClass().add("job-progress");
        Label detail = new Label();
        detail.textProperty().bind(job.detail());
        detail.getStyleClass().add("muted");
        Label left = new Label();
        left.textProperty().bind(job.timeLeft());
        left.getStyleClass().add("muted");
        left.setMinWidth(Region.USE_PREF_SIZE);
        Button stop = new Button();
        stop.textProperty().bind(Bindings.when(job.stopping()).then("Stopping").otherwise("Stop"));
        stop.disableProperty().bind(job.stopping());
        stop.getStyleClass().add("job-stop");
        stop.setMinWidth(Region.USE_PREF_SIZE);
        stop.setTooltip(Tooltips.of("Stop: " + job.title()));
        stop.setOnAction(event -> job.stop());
        HBox line = new HBox(8, title, progress, stop, detail, left);
        line.setAlignment(Pos.CENTER_LEFT);
        return line;
    }

    private void showAllJobs() {
        VBox lines = new VBox(8);
        lines.getStyleClass().add("pop-content");
        activity.jobs().forEach(job -> lines.getChildren().add(line(job)));
        popOver(others, "Running", lines);
    }

    private void showNotices() {
        popOver(latest, "Notices", new NoticeList(notices, showFolder).node());
        lookedAt = notices.all().isEmpty() ? null : notices.all().get(0);
        showLatest();
    }

    private static void popOver(Node owner, String title, Node content) {
        PopOvers.show(owner, title, content, PopOver.ArrowLocation.BOTTOM_RIGHT);
    }
}

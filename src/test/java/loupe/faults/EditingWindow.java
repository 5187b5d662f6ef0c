package loupe.faults;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import javafx.animation.KeyFrame;
import javafx.animation.Timeline;
import javafx.util.Duration;
import loupe.TinySae;
import loupe.app.cli.Cli;
import loupe.app.cli.CommandProcess;
import loupe.app.window.WorkbenchApp;
import loupe.state.window.FeatureRef;

/**
 * The window in whose table somebody chooses one feature after another, and which says so. The first argument is the
 * pause between two choices in milliseconds; with 0 it says which feature the session had, and ends.
 */
final class EditingWindow {
    private EditingWindow() {}

    public static void main(String[] arguments) {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        int pause = Integer.parseInt(arguments[0]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Cli cli = new Cli(out, System.err, List.of(), app -> {
            if (pause == 0) {
                look(app, out);
            } else {
                edit(app, pause, out);
            }
        });
        CommandProcess.run(cli, Arrays.copyOfRange(arguments, 1, arguments.length));
    }

    private static void edit(WorkbenchApp app, int pause, PrintStream out) {
        int[] made = new int[1];
        repeat(pause, () -> {
            if (app.models().workbench().a().sae().get() != null) {
                app.models().table().jumpTo(made[0] % TinySae.FEATURES);
                out.println(made[0]++ % TinySae.FEATURES);
            }
        });
    }

    private static void look(WorkbenchApp app, PrintStream out) {
        repeat(200, () -> {
            FeatureRef feature = app.models().workbench().selection().feature().get();
            if (feature != null) {
                out.println(feature.feature());
                Runtime.getRuntime().halt(0);
            }
        });
    }

    private static void repeat(int pause, Runnable work) {
        Timeline clock = new Timeline(new KeyFrame(Duration.millis(pause), event -> work.run()));
        clock.setCycleCount(Timeline.INDEFINITE);
        clock.play();
    }
}

package loupe.app.bench;

import java.util.List;
import javafx.animation.AnimationTimer;
import javafx.stage.WindowEvent;
import loupe.analysis.ghost.DefinitionTree;
import loupe.app.cli.Cli;
import loupe.app.cli.CommandProcess;
import loupe.app.window.WorkbenchApp;
import loupe.state.SideModels;

/**
 * The workbench as {@code Main} starts it, closed again as soon as it is usable. Prints when that was; what Java says
 * of when the process began is up to a second off, since it is reckoned from the whole second of the system's start.
 */
final class StartProbe {
    /** Before milliseconds since 1970. */
    static final String USABLE_AT = "usable at ";

    private StartProbe() {}

    public static void main(String[] arguments) {
        CommandProcess.run(new Cli(System.out, System.err, List.of(), StartProbe::watch), arguments);
    }

    private static void watch(WorkbenchApp app) {
        new AnimationTimer() {
            private boolean drawn;

            @Override
            public void handle(long now) {
                if (!isUsable(app)) {
                    return;
                }
                if (!drawn) {
                    drawn = true; // this pulse's frame shows it
                    return;
                }
                stop();
                System.out.println(USABLE_AT + System.currentTimeMillis());
                app.view()
                        .scene()
                        .getWindow()
                        .fireEvent(new WindowEvent(app.view().scene().getWindow(), WindowEvent.WINDOW_CLOSE_REQUEST));
            }
        }.start();
    }

    /** Table, tree and token list are there and live. */
    private static boolean isUsable(WorkbenchApp app) {
        SideModels a = app.models().a();
        DefinitionTree.Answer tree = a.tree().tree().getValue();
        return app.models().table().size() > 0
                && tree != null
                && tree.size() > 1
                && a.tokens().list().getValue() != null;
    }
}

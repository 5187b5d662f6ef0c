package loupe.ui;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javafx.scene.Parent;
import javafx.scene.Scene;
import javafx.stage.Stage;
import javafx.stage.Window;
import loupe.ui.style.Theme;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.testfx.api.FxToolkit;
import org.testfx.framework.junit5.ApplicationTest;
import org.testfx.util.WaitForAsyncUtils;

/** One part on a stage, headless. Waits for conditions, never for time. */
@Tag("ui")
public abstract class UiTest extends ApplicationTest {
    private static final int PATIENCE_SECONDS = 120;
    public Stage stage;

    static {
        leaveThePlatform();
        startTheToolkit();
    }

    /**
     * Keeps TestFX from choosing the platform that JavaFX draws on, which the build has chosen. It would put a new one
     * under a toolkit that another test has started, and no click would arrive any more.
     */
    static void leaveThePlatform() {
        System.clearProperty("testfx.headless");
    }

    /**
     * Before the first control is made, be it in a field of a test: without a toolkit its class would be lost for good.
     */
    private static void startTheToolkit() {
        try {
            FxToolkit.registerPrimaryStage();
        } catch (TimeoutException late) {
            throw new IllegalStateException("JavaFX did not start", late);
        }
    }

    /** The part under test; called on the FX thread. */
    protected abstract Parent build();

    @Override
    public void start(Stage window) {
        stage = window;
        Scene scene = new Scene(build(), 800, 600);
        Theme.LIGHT.apply(scene);
        window.setScene(scene);
        window.sizeToScene(); // an earlier test of this virtual machine may have given the shared window another size
        window.show();
    }

    @AfterEach
    final void leaveNoWindow() {
        onFx(() -> {
            hideAll();
            return null;
        });
    }

    /**
     * Hides torn-off panes, menus and whatever else a test has left on the screen. Otherwise the next test finds it
     * there with the keyboard, and its window stays in memory until the virtual machine ends.
     */
    static void hideAll() {
        List.copyOf(Window.getWindows()).forEach(Window::hide);
    }

    /** Runs on the FX thread and waits for its result. */
    public static <T> T onFx(Callable<T> work) {
        return WaitForAsyncUtils.waitForAsyncFx(PATIENCE_SECONDS * 1000L, work);
    }

    public static void onFx(Runnable work) {
        WaitForAsyncUtils.waitForAsyncFx(PATIENCE_SECONDS * 1000L, work);
        WaitForAsyncUtils.waitForFxEvents();
    }

    /** Waits until the condition holds; asked on the FX thread. */
    public static void waitUntil(Callable<Boolean> condition) {
        try {
            WaitForAsyncUtils.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS, () -> onFx(condition));
        } catch (TimeoutException late) {
            throw new AssertionError("the condition did not hold within " + PATIENCE_SECONDS + " s", late);
        }
    }
}

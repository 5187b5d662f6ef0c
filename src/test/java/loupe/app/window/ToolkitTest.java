package loupe.app.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("ui")
class ToolkitTest {
    @Test
    void whatJavaFxSaysAtEveryStartIsNotRepeatedAndAllElseIs() {
        Toolkit.withoutScreen();
        Toolkit.start();
        Filter filter = Logger.getLogger("javafx").getFilter();
        assertThat(filter.isLoggable(new LogRecord(
                        Level.WARNING, "Unsupported JavaFX configuration: classes were loaded from 'unnamed module'")))
                .isFalse();
        assertThat(filter.isLoggable(new LogRecord(Level.WARNING, "Could not resolve '-color-fg-default'")))
                .isTrue();
    }
}

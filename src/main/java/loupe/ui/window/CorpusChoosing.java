package loupe.ui.window;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import javafx.stage.Window;
import loupe.ui.corpus.CorpusPage;

/**
 * What the form of the corpus asks the window for.
 *
 * @param window over which files are asked for
 * @param showKept opens the list of the indexes that are kept
 */
record CorpusChoosing(FileOpening opening, Supplier<Window> window, Runnable showKept) implements CorpusPage.Choosing {
    @Override
    public Optional<Path> file() {
        return opening.askForText(window.get());
    }

    @Override
    public Optional<Path> folder() {
        return opening.askForTexts(window.get());
    }

    @Override
    public void index() {
        opening.chooseIndex(window.get());
    }

    @Override
    public void open(Path path) {
        opening.open(path);
    }

    @Override
    public void kept() {
        showKept.run();
    }
}

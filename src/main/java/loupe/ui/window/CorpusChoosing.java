package loupe.ui.window;

import java.nio.file.Path;
import java.util.List;
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
    public List<Path> files() {
        return opening.askForFiles(window.get());
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
    public void open(List<Path> paths) {
        opening.open(paths);
    }

    @Override
    public void kept() {
        showKept.run();
    }
}

package loupe.state.window;

import java.nio.file.Path;
import java.util.List;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;

/** Recently opened models, checkpoints and corpora, newest first. JavaFX thread only. */
public final class RecentFiles {
    private final ObservableList<Session.Recent> files = FXCollections.observableArrayList();
    private final ObservableList<Session.Recent> view = FXCollections.unmodifiableObservableList(files);

    /** The recent files; not to be written. */
    public ObservableList<Session.Recent> all() {
        return view;
    }

    public void add(Path path, boolean model) {
        add(new Session.Recent(path.toAbsolutePath().normalize().toString(), model));
    }

    /** Adds texts, or an index. */
    public void addCorpus(CorpusFiles corpus) {
        add(Session.Recent.ofCorpus(corpus.paths().stream()
                .map(path -> path.toAbsolutePath().normalize().toString())
                .toList()));
    }

    /** The texts and indexes that were opened, newest first. */
    public List<CorpusFiles> corpora() {
        return files.stream()
                .filter(Session.Recent::isCorpus)
                .map(recent -> new CorpusFiles(recent.paths()))
                .toList();
    }

    private void add(Session.Recent newest) {
        files.remove(newest);
        files.add(0, newest);
        if (files.size() > Session.RECENT) {
            files.remove(Session.RECENT, files.size());
        }
    }

    /** Restores the recent files of a session. */
    public void setAll(List<Session.Recent> remembered) {
        files.setAll(remembered);
    }
}

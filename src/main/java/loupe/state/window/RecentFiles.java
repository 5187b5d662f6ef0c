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

    /** Adds a text, a folder of texts or an index. */
    public void addCorpus(Path path) {
        add(Session.Recent.ofCorpus(path.toAbsolutePath().normalize().toString()));
    }

    /** The texts, folders of texts and indexes that were opened, newest first. */
    public List<Path> corpora() {
        return files.stream()
                .filter(Session.Recent::isCorpus)
                .map(recent -> Path.of(recent.path()))
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

package loupe.ui.window;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javafx.stage.DirectoryChooser;
import javafx.stage.FileChooser;
import javafx.stage.Window;
import loupe.index.Corpus;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.WorkbenchModels;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;

/** Opens models, checkpoints and corpora: by choosing, by dropping, from a path. */
final class FileOpening {
    private final WorkbenchModels models;

    FileOpening(WorkbenchModels models) {
        this.models = models;
    }

    void chooseModel(Window owner) {
        DirectoryChooser chooser = new DirectoryChooser();
        chooser.setTitle("Open a model: a folder in Hugging Face's layout");
        near().ifPresent(chooser::setInitialDirectory);
        Optional.ofNullable(chooser.showDialog(owner))
                .ifPresent(folder -> models.workbench().openModel(folder.toPath()));
    }

    void chooseModelFile(Window owner) {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Open a model: a nanoGPT checkpoint or a llama2.c file");
        near().ifPresent(chooser::setInitialDirectory);
        Optional.ofNullable(chooser.showOpenDialog(owner))
                .ifPresent(file -> models.workbench().openModel(file.toPath()));
    }

    void chooseCheckpointFile(Window owner, CheckpointSide side) {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Open checkpoint " + side + ": a file");
        near().ifPresent(chooser::setInitialDirectory);
        chooser.getExtensionFilters()
                .addAll(
                        new FileChooser.ExtensionFilter("All files", "*"),
                        new FileChooser.ExtensionFilter("Usual names", patterns(SaeFile.fileEndings())));
        Optional.ofNullable(chooser.showOpenDialog(owner)).ifPresent(file -> openCheckpoint(side, file.toPath()));
    }

    void chooseCheckpointFolder(Window owner, CheckpointSide side) {
        DirectoryChooser chooser = new DirectoryChooser();
        chooser.setTitle("Open checkpoint " + side + ": a folder");
        near().ifPresent(chooser::setInitialDirectory);
        Optional.ofNullable(chooser.showDialog(owner)).ifPresent(folder -> openCheckpoint(side, folder.toPath()));
    }

    /** Asks for a file to inspect without opening it. */
    Optional<Path> chooseAnyFile(Window owner) {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Inspect a file");
        near().ifPresent(chooser::setInitialDirectory);
        return Optional.ofNullable(chooser.showOpenDialog(owner)).map(File::toPath);
    }

    /** Asks for a folder to inspect without opening it. */
    Optional<Path> chooseAnyFolder(Window owner) {
        DirectoryChooser chooser = new DirectoryChooser();
        chooser.setTitle("Inspect a folder");
        near().ifPresent(chooser::setInitialDirectory);
        return Optional.ofNullable(chooser.showDialog(owner)).map(File::toPath);
    }

    void chooseCorpus(Window owner) {
        List<Path> texts = askForFiles(owner);
        if (!texts.isEmpty()) {
            models.statistics().choose(new CorpusFiles(texts));
        }
    }

    void chooseCorpusFolder(Window owner) {
        askForTexts(owner).map(CorpusFiles::of).ifPresent(models.statistics()::choose);
    }

    /** Asks for the folder of an index and shows it. */
    void chooseIndex(Window owner) {
        askForFolder(owner, "Open an index: a folder with index.json").ifPresent(models.statistics()::openIndex);
    }

    /** Asks for a folder of texts. */
    Optional<Path> askForTexts(Window owner) {
        return askForFolder(owner, "Choose a folder of texts to count activations over");
    }

    private Optional<Path> askForFolder(Window owner, String title) {
        DirectoryChooser chooser = new DirectoryChooser();
        chooser.setTitle(title);
        near().ifPresent(chooser::setInitialDirectory);
        return Optional.ofNullable(chooser.showDialog(owner)).map(File::toPath);
    }

    /** Asks for texts, one or several; none if none was chosen. */
    List<Path> askForFiles(Window owner) {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Choose texts to count activations over");
        near().ifPresent(chooser::setInitialDirectory);
        chooser.getExtensionFilters()
                .addAll(
                        new FileChooser.ExtensionFilter("Texts", patterns(Corpus.fileEndings())),
                        new FileChooser.ExtensionFilter("All files", "*"));
        List<File> chosen = chooser.showOpenMultipleDialog(owner);
        return chosen == null ? List.of() : chosen.stream().map(File::toPath).toList();
    }

    void openCheckpoint(CheckpointSide side, Path path) {
        models.workbench().openCheckpoint(side, path, SaeOptions.AS_STORED);
    }

    /** Opens a path of any kind, or the texts of a corpus. */
    void open(List<Path> paths) {
        models.opening().open(paths, false);
    }

    /**
     * Opens dropped files.
     *
     * @param beside whether a checkpoint goes to side B
     */
    void drop(List<File> files, boolean beside) {
        models.opening().open(files.stream().map(File::toPath).toList(), beside);
    }

    /** The patterns of these extensions for a file chooser. */
    private static List<String> patterns(List<String> endings) {
        return endings.stream().map(ending -> "*" + ending).toList();
    }

    private Optional<File> near() {
        return models.workbench().recent().all().stream()
                .map(recent -> Path.of(recent.path()).getParent())
                .filter(folder -> folder != null && Files.isDirectory(folder))
                .findFirst()
                .map(Path::toFile);
    }
}

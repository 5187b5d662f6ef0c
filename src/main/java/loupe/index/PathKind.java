package loupe.index;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import loupe.base.CheckpointException;
import loupe.lm.folder.ModelFolder;
import loupe.sae.checkpoint.SaeFamilies;
import loupe.sae.checkpoint.SaeFile;

/**
 * What a path is that was dropped on the window, chosen from a list or given on the command line. Names only select
 * where to look; the files' content decides. Window and command line share this rule.
 */
public enum PathKind {
    /**
     * A folder with a language model: config.json with a model_type, weights beside it. Or one with an adapter, or with
     * a model in files for another program; opening it as a model says why that cannot be done. Or one file that holds
     * a whole model.
     */
    MODEL,
    /** A file or folder that is exactly one checkpoint of a known family. */
    CHECKPOINT,
    /** A text, or a folder that holds texts and no weights. */
    CORPUS,
    /** A folder with a finished pass over a corpus. */
    INDEX,
    /**
     * None of these: missing, damaged, not readable, or a folder of several checkpoints. Opening it as a checkpoint
     * reports which.
     */
    UNKNOWN;

    /** How far down a folder of texts is searched. */
    private static final int DEPTH = 4;

    private static final int MOST_FILES = 2_000;

    /**
     * Looks at a path: lists folders and reads the beginnings of files, which takes milliseconds on a local disk and
     * may block on a network share that does not respond. Not for the JavaFX thread.
     */
    public static PathKind of(Path path) {
        if (!Files.isDirectory(path)) {
            return Files.isRegularFile(path) ? ofFile(path) : UNKNOWN;
        }
        if (ActivationIndex.isComplete(path)) {
            return INDEX;
        }
        Optional<String> model = modelType(path);
        if (model.filter(ModelFolder::isKnown).isPresent()) {
            return MODEL;
        }
        // some libraries write a model_type beside a checkpoint too
        if (isCheckpoint(path)) {
            return CHECKPOINT;
        }
        return model.isPresent() || isForeign(path) ? MODEL : holdsOnlyTexts(path) ? CORPUS : UNKNOWN;
    }

    /** Its name in lower case, as results spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    private static PathKind ofFile(Path file) {
        if (Corpus.isText(file)) {
            return CORPUS;
        }
        return modelType(file).isPresent() ? MODEL : isCheckpoint(file) ? CHECKPOINT : UNKNOWN;
    }

    private static boolean isCheckpoint(Path path) {
        try {
            return SaeFamilies.recognise(path).isPresent();
        } catch (CheckpointException none) {
            return false;
        }
    }

    private static Optional<String> modelType(Path path) {
        try {
            return ModelFolder.recognise(path);
        } catch (CheckpointException damaged) {
            return Optional.empty();
        }
    }

    private static boolean isForeign(Path folder) {
        try {
            return ModelFolder.isForeign(folder);
        } catch (CheckpointException unreadable) {
            return false;
        }
    }

    private static boolean holdsOnlyTexts(Path folder) {
        Contents contents = new Contents();
        try {
            Files.walkFileTree(folder, Set.of(), DEPTH, contents);
        } catch (IOException unreadable) {
            return false;
        }
        return contents.texts && !contents.weights;
    }

    /** Looks for texts and weights below a folder, as far as that is worth it. */
    private static final class Contents extends SimpleFileVisitor<Path> {
        private boolean texts;
        private boolean weights;
        private int seen;

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            boolean text = Corpus.isText(file);
            weights |= !text && SaeFile.mayHoldWeights(file);
            texts |= text;
            return weights || ++seen >= MOST_FILES ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException unreadable) {
            return FileVisitResult.CONTINUE;
        }
    }
}

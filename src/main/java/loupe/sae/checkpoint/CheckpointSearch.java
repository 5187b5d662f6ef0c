package loupe.sae.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;

/**
 * Finds the checkpoint in a folder: the weights in it, or those of the only checkpoint somewhere below it, as libraries
 * leave them that keep one folder for each hook point.
 */
final class CheckpointSearch {
    private static final List<String> NOT_WEIGHTS = List.of(
            "sparsity.safetensors", "activations_store_state.safetensors", "examples.safetensors", "trainer_state.pt");
    private static final Pattern TELLING = Pattern.compile(
            "(?:.*\\.)?(?:[Ww]_(?:enc|dec|gate)|(?:en|de)coder(?:\\.\\d)?\\.weight|(?:en|de)coder_linear\\.weight)");
    private static final int NAMED = 8;
    /** Gemma Scope keeps its files three folders down. */
    private static final int DEPTH = 4;

    private static final int FOLDERS = 2000;

    private final Path root;
    private int visited;

    private CheckpointSearch(Path root) {
        this.root = root;
    }

    /**
     * A checkpoint's file and its folder, where its configuration lies.
     *
     * @param weights in {@code folder}, or in a folder of it
     */
    record Found(Path folder, Path weights) {}

    /** @throws CheckpointException if there are no weights in the folder, or several it could be, which are named */
    static Found in(Path folder) {
        return new CheckpointSearch(folder).find();
    }

    private Found find() {
        Optional<Found> usual = usual(root);
        if (usual.isPresent()) {
            return usual.get();
        }
        Optional<Path> layer = CrossLayerTranscoder.layerIn(root, filesIn(root));
        if (layer.isPresent()) {
            return new Found(root, layer.get());
        }
        List<Path> here =
                filesIn(root).stream().filter(CheckpointSearch::mayHoldWeights).toList();
        List<Found> below = new ArrayList<>();
        search(root, DEPTH, below);
        List<Path> telling = here.size() == 1 && below.isEmpty()
                ? here
                : here.stream().filter(CheckpointSearch::looksLikeOne).toList();
        if (telling.size() + below.size() == 1) {
            return below.isEmpty() ? new Found(root, telling.get(0)) : below.get(0);
        }
        if (!here.isEmpty() && below.isEmpty()) {
            throw new CheckpointException(
                    root,
                    "this folder holds " + here.size() + " files with weights (" + listed(here) + ")",
                    "one",
                    "Choose a file");
        }
        List<Path> choices = new ArrayList<>(telling);
        below.forEach(found -> choices.add(found.folder()));
        throw choices.isEmpty()
                ? new CheckpointException(
                        root,
                        "there are no weights in this folder",
                        "one of " + String.join(", ", SaeFamilies.usualFiles()),
                        "")
                : new CheckpointException(
                        root,
                        "there are " + choices.size() + " checkpoints in this folder (" + listed(choices) + ")",
                        "one",
                        "Choose one of them");
    }

    /** The weights under one of the names libraries give them. */
    private static Optional<Found> usual(Path folder) {
        return SaeFamilies.usualFiles().stream()
                .map(folder::resolve)
                .filter(file -> Files.exists(file) && !Files.isDirectory(file))
                .findFirst()
                .map(weights -> new Found(folder, weights));
    }

    /** Adds the checkpoints below a folder; what lies below a checkpoint are earlier states of it. */
    private void search(Path folder, int depth, List<Found> found) {
        for (Path entry : depth == 0 ? List.<Path>of() : filesIn(folder)) {
            if (Files.isDirectory(entry)
                    && !Files.isSymbolicLink(entry)
                    && !entry.getFileName().toString().startsWith(".")
                    && ++visited <= FOLDERS) {
                Optional<Found> usual = usual(entry);
                usual.ifPresentOrElse(found::add, () -> search(entry, depth - 1, found));
            }
        }
    }

    private List<Path> filesIn(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            if (!folder.equals(root)) {
                return List.of();
            }
            throw new CheckpointException(folder, "the folder cannot be read", "", "", e);
        }
    }

    private String listed(List<Path> paths) {
        String names = paths.stream()
                .limit(NAMED)
                .map(path -> root.relativize(path).toString())
                .collect(Collectors.joining(", "));
        return paths.size() > NAMED ? names + " and " + (paths.size() - NAMED) + " more" : names;
    }

    private static boolean mayHoldWeights(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return Files.isRegularFile(file)
                && !NOT_WEIGHTS.contains(name)
                && SaeFile.fileEndings().stream().anyMatch(name::endsWith);
    }

    private static boolean looksLikeOne(Path file) {
        try (TensorArchive archive = TensorArchives.open(file)) {
            return archive.names().stream()
                    .anyMatch(name -> TELLING.matcher(name).matches());
        } catch (CheckpointException damaged) {
            return true; // counted, so that opening the folder reports the damage
        }
    }
}

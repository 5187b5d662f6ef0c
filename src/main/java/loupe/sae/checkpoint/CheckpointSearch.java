package loupe.sae.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.format.HubCache;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import org.jspecify.annotations.Nullable;

/**
 * Finds the checkpoint in a folder: the weights in it, or those of the only checkpoint somewhere below it, as libraries
 * leave them that keep one folder for each hook point.
 */
final class CheckpointSearch {
    private static final List<String> NOT_WEIGHTS = List.of(
            "sparsity.safetensors", "activations_store_state.safetensors", "examples.safetensors", "trainer_state.pt");
    private static final Pattern TELLING =
            Pattern.compile("(?:.*\\.)?(?:[Ww]_(?:enc|dec|gate)|W_D|(?:en|de)coder(?:\\.\\d)?\\.weight"
                    + "|(?:en|de)coder_linear\\.weight)");
    /** Characters of a message that may go to the names of what there is. */
    private static final int NAMES_LENGTH = 120;
    /** Gemma Scope keeps its files three folders down, releases of several runs further. */
    private static final int DEPTH = 6;

    /** How many folders, or files, are looked at. */
    private static final int FOLDERS = 2000;

    private final Path root;
    private int visited;
    private @Nullable Path dangling;

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
        if (telling.isEmpty() && below.isEmpty()) {
            visited = 0;
            searchAnyName(root, DEPTH, below);
        }
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
        below.forEach(found -> choices.add(isUsual(found) ? found.folder() : found.weights()));
        if (!choices.isEmpty()) {
            throw new CheckpointException(
                    root,
                    "there are " + choices.size() + " checkpoints in this folder (" + listed(choices) + ")",
                    "one",
                    "Choose one of them");
        }
        if (dangling != null) {
            HubCache.requireTarget(dangling);
        }
        throw new CheckpointException(
                root,
                "there are no weights in this folder",
                "one of " + String.join(", ", SaeFamilies.usualFiles()),
                "");
    }

    /** The weights under one of the names libraries give them. */
    private Optional<Found> usual(Path folder) {
        List<Path> named =
                SaeFamilies.usualFiles().stream().map(folder::resolve).toList();
        named.forEach(this::note);
        return named.stream()
                .filter(file -> Files.exists(file) && !Files.isDirectory(file))
                .findFirst()
                .map(weights -> new Found(folder, weights));
    }

    private static boolean isUsual(Found found) {
        return SaeFamilies.usualFiles().stream()
                .anyMatch(name -> found.weights().equals(found.folder().resolve(name)));
    }

    /** Remembers the first link that leads nowhere. */
    private void note(Path file) {
        if (dangling == null && Files.isSymbolicLink(file) && !Files.exists(file)) {
            dangling = file;
        }
    }

    /** Adds the checkpoints below a folder; what lies below a checkpoint are earlier states of it. */
    private void search(Path folder, int depth, List<Found> found) {
        for (Path entry : depth == 0 ? List.<Path>of() : foldersIn(folder)) {
            usual(entry).ifPresentOrElse(found::add, () -> search(entry, depth - 1, found));
        }
    }

    /** Adds the files below a folder that hold a checkpoint's tensors, whatever they are called. */
    private void searchAnyName(Path folder, int depth, List<Found> found) {
        for (Path entry : depth == 0 ? List.<Path>of() : foldersIn(folder)) {
            filesIn(entry).stream()
                    .filter(file -> ++visited <= FOLDERS && mayHoldWeights(file) && looksLikeOne(file))
                    .forEach(file -> found.add(new Found(entry, file)));
            searchAnyName(entry, depth - 1, found);
        }
    }

    /** The folder, or the snapshot that it stands for in a download cache; empty if it has none. */
    private static Optional<Path> resolved(Path folder) {
        try {
            return Optional.of(HubCache.isRepository(folder) ? HubCache.resolve(folder) : folder);
        } catch (CheckpointException noSnapshot) {
            return Optional.empty();
        }
    }

    /** The folders in a folder that are searched, of a download cache the snapshots. */
    private List<Path> foldersIn(Path folder) {
        List<Path> folders = new ArrayList<>();
        for (Path entry : filesIn(folder)) {
            note(entry);
            if (Files.isDirectory(entry)
                    && !Files.isSymbolicLink(entry)
                    && !entry.getFileName().toString().startsWith(".")
                    && ++visited <= FOLDERS) {
                resolved(entry).ifPresent(folders::add);
            }
        }
        return folders;
    }

    private List<Path> filesIn(Path folder) {
        if (!folder.equals(root)) {
            return onTheWay(folder, Files::list);
        }
        try {
            return entries(folder, Files::list);
        } catch (IOException e) {
            throw new CheckpointException(
                    folder,
                    "the folder cannot be read (" + FileFailure.reason(e) + ")",
                    "",
                    "Check its permissions",
                    e);
        }
    }

    /** The entries of a folder below the one that is searched; none if it may not be read. */
    static List<Path> onTheWay(Path folder, Listing listing) {
        try {
            return entries(folder, listing);
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    private static List<Path> entries(Path folder, Listing listing) throws IOException {
        try (Stream<Path> entries = listing.of(folder)) {
            return entries.sorted().toList();
        } catch (UncheckedIOException whileListing) {
            throw Objects.requireNonNull(whileListing.getCause());
        }
    }

    /** Lists a folder, as {@link Files#list} does. */
    interface Listing {
        Stream<Path> of(Path folder) throws IOException;
    }

    /** As many of the names as fit a message. */
    private String listed(List<Path> paths) {
        StringBuilder names = new StringBuilder();
        int named = 0;
        for (Path path : paths) {
            String name = root.relativize(path).toString();
            if (named > 0 && names.length() + name.length() > NAMES_LENGTH) {
                return names + " and " + (paths.size() - named) + " more";
            }
            names.append(named++ == 0 ? "" : ", ").append(name);
        }
        return names.toString();
    }

    private static boolean mayHoldWeights(Path file) {
        return !NOT_WEIGHTS.contains(file.getFileName().toString().toLowerCase(Locale.ROOT))
                && TensorArchives.mayHoldTensors(file);
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

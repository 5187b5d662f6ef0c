package loupe.sae.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.format.HubCache;
import loupe.format.StateDictNames;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.StoredTensor;

/** The file or folder that the user chose: its tensors, and the configuration files beside them. */
final class CheckpointFiles implements AutoCloseable {
    private static final List<String> ENCODERS = List.of(
            "W_enc",
            "w_enc",
            "W_E",
            "W_gate",
            "encoder",
            "encoder.weight",
            "encoder_linear.weight",
            "active_features_encoder.weight");
    private static final List<String> DECODERS = List.of(
            "W_dec", "w_dec", "W_D", "decoder", "decoder.weight", "decoder.linear.weight", "decoder_linear.weight");
    /** The folder of a repository in a download cache. */
    private static final Pattern REPOSITORY = Pattern.compile("^models--");
    /** How many tensors a message lists. */
    private static final int SUMMARISED = 3;

    /** Where trainers keep earlier states of a run, whose configuration is one folder up. */
    private static final String EARLIER_STATES = "checkpoints";
    /** Folders that belong to what was published, where no name says where that begins. */
    private static final int RELEASED_FOLDERS = 3;

    private final Path path;
    private final Path folder;
    private final TensorArchive archive;
    private final StateDictNames names;
    private final List<String> prefixes;
    private final String prefix;
    private final Map<String, TensorArchive> beside = new LinkedHashMap<>();
    private final Map<String, Optional<ConfigJson>> configs = new LinkedHashMap<>();
    private final Set<String> read = new LinkedHashSet<>();
    private final ConfigJson inside;

    private CheckpointFiles(Path path, Path folder, TensorArchive archive) {
        this.path = path;
        this.folder = folder;
        this.archive = archive;
        this.names = StateDictNames.of(archive.names());
        this.prefixes = prefixes(names);
        this.prefix = prefixes.size() == 1 ? prefixes.get(0) : "";
        this.inside = new ConfigJson(archive.path(), archive.values());
    }

    /**
     * @throws CheckpointException if there is no such file, a folder holds no checkpoint or several, or the file is
     *     refused
     */
    static CheckpointFiles open(Path path) {
        Path chosen = path.getFileName() != null
                        && path.getFileName().toString().endsWith(".json")
                        && path.getParent() != null
                ? path.getParent()
                : path;
        HubCache.requireTarget(chosen);
        if (!Files.exists(chosen)) {
            throw new CheckpointException(path, "there is no such file or folder", "", "");
        }
        Path start = HubCache.resolve(chosen);
        CheckpointSearch.Found found = Files.isDirectory(start)
                ? CheckpointSearch.in(start)
                : new CheckpointSearch.Found(
                        Optional.ofNullable(start.getParent()).orElse(Path.of("")), start);
        return new CheckpointFiles(path, found.folder(), TensorArchives.open(found.weights()));
    }

    /** The path that the user chose. */
    Path path() {
        return path;
    }

    /** The folder that holds the weights, or the folder that the user chose. */
    Path folder() {
        return folder;
    }

    TensorArchive archive() {
        return archive;
    }

    /** The name of the file that holds the tensors. */
    String fileName() {
        return archive.path().getFileName().toString();
    }

    /** The name of that file without its extension. */
    String stem() {
        String name = fileName();
        return name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name;
    }

    /** The folders of what was published, where nothing but a download cache says where it begins. */
    List<String> publishedFolders() {
        return publishedFolders(REPOSITORY);
    }

    /**
     * The names of the folders that the weights lie in and that belong to what was published, innermost first: from the
     * innermost folder whose name the pattern finds, else the last three. What lies above is the user's own and says
     * nothing about the checkpoint.
     */
    List<String> publishedFolders(Pattern release) {
        List<String> folders = new ArrayList<>();
        for (Path at = archive.path().toAbsolutePath().normalize().getParent();
                at != null && at.getFileName() != null;
                at = at.getParent()) {
            folders.add(at.getFileName().toString());
            if (release.matcher(at.getFileName().toString()).find()) {
                return folders;
            }
        }
        return folders.subList(0, Math.min(RELEASED_FOLDERS, folders.size()));
    }

    /** How the state dict is wrapped in the file; {@code "ae."} for an interrupted run of dictionary_learning. */
    String prefix() {
        return prefix;
    }

    /** The prefixes of the state dicts in the file, several if it holds several; empty if there is none. */
    List<String> prefixes() {
        return prefixes;
    }

    /** Whether the full name of a tensor, prefix included, matches the pattern. */
    boolean hasLike(Pattern name) {
        return names.all().stream().anyMatch(name.asMatchPredicate());
    }

    boolean has(String... names) {
        return Arrays.stream(names).allMatch(name -> find(name).isPresent());
    }

    /**
     * A tensor of the state dict or, where it has none of this name, one that lies beside it in the file. Looking for
     * one does not count as reading it.
     */
    Optional<StoredTensor> find(String name) {
        return names.stored(fullName(name)).flatMap(archive::find);
    }

    /** What a tensor is called here, by its full name in the file or without its prefix; empty if there is none. */
    Optional<String> local(String name) {
        String within = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
        return Stream.of(within, StateDictNames.withoutWrappers(within), name)
                .filter(this::has)
                .findFirst();
    }

    /** The same, noted as read: whoever asks for it by this makes use of it. */
    StoredTensor tensor(String name) {
        String full = fullName(name);
        read.add(full);
        return archive.tensor(names.stored(full).orElse(full));
    }

    /** The tensors that have not been read, by their full names without what wrappers add. */
    List<String> unread() {
        return names.all().stream().filter(name -> !read.contains(name)).toList();
    }

    private String fullName(String name) {
        return names.stored(prefix + name).isEmpty() && names.stored(name).isPresent() ? name : prefix + name;
    }

    /** The numbers that the names of the files in the folder of the weights have where the pattern's group is. */
    SortedSet<Integer> numbered(Pattern fileName) {
        Path parent = Optional.ofNullable(archive.path().getParent()).orElse(Path.of(""));
        try (Stream<Path> entries = Files.list(parent)) {
            SortedSet<Integer> numbers = new TreeSet<>();
            entries.map(entry -> fileName.matcher(entry.getFileName().toString()))
                    .filter(Matcher::matches)
                    .forEach(name -> numbers.add(Integer.valueOf(name.group(1))));
            return numbers;
        } catch (IOException e) {
            throw new CheckpointException(parent, "the folder cannot be read", "", "", e);
        }
    }

    /**
     * A tensor of a file in the folder of the weights, which stays open as long as these do.
     *
     * @param file the name of another file, or of the one that was chosen
     * @throws CheckpointException if there is no such file
     */
    Optional<StoredTensor> find(String file, String name) {
        return file.equals(fileName()) ? find(name) : beside(file).find(name);
    }

    /**
     * The same.
     *
     * @throws CheckpointException if there is no such file, or no such tensor in it
     */
    StoredTensor tensor(String file, String name) {
        return file.equals(fileName()) ? tensor(name) : beside(file).tensor(name);
    }

    private TensorArchive beside(String file) {
        return beside.computeIfAbsent(file, name -> {
            Path other = archive.path().resolveSibling(name);
            if (!Files.isRegularFile(other)) {
                throw refused(
                        "there is no " + name + " beside it", "both files of the layer", "Download that file too");
            }
            return TensorArchives.open(other);
        });
    }

    /** Axes of a tensor, or none if there is no such tensor. */
    long[] shape(String name) {
        return find(name)
                .map(t -> t.shape().stream().mapToLong(Long::longValue).toArray())
                .orElse(new long[0]);
    }

    /** A tensor of one element, whatever its type, noted as read. */
    Optional<Double> scalar(String name) {
        return find(name).map(found -> tensor(name)).map(tensor -> {
            if (tensor.elements() != 1) {
                throw refused(name + " has " + tensor.elements() + " elements", "one");
            }
            return tensor.dtype().isFloating()
                    ? (double) tensor.toHost().data()[0]
                    : (double) tensor.readIntegers(0, 1)[0];
        });
    }

    /**
     * A configuration file in the folder, or for an earlier state of a run, in a folder {@code checkpoints}, one folder
     * up, as its top-level object.
     */
    Optional<ConfigJson> config(String name) {
        return configs.computeIfAbsent(name, n -> configFile(n).map(ConfigJson::read));
    }

    private Optional<Path> configFile(String name) {
        Path beside = folder.resolve(name);
        HubCache.requireTarget(beside);
        if (Files.isRegularFile(beside)) {
            return Optional.of(beside);
        }
        Path absolute = folder.toAbsolutePath().normalize();
        return absolute.endsWith(EARLIER_STATES)
                ? Optional.of(absolute.resolveSibling(name)).filter(Files::isRegularFile)
                : Optional.empty();
    }

    /** Everything in the weights' own file that is no tensor: values that lie beside or among them. */
    ConfigJson inside() {
        return inside;
    }

    /** The configurations that have been looked at. */
    List<ConfigJson> configs() {
        return Stream.concat(configs.values().stream().flatMap(Optional::stream), Stream.of(inside))
                .flatMap(ConfigJson::parts)
                .toList();
    }

    CheckpointException refused(String found, String expected) {
        return refused(found, expected, "");
    }

    CheckpointException refused(String found, String expected, String advice, Remedy... remedies) {
        return new CheckpointException(path, found, expected, advice, remedies);
    }

    /** Names and shapes of the tensors, for a message. */
    String summary() {
        List<String> names = archive.names();
        String listed = names.stream()
                .limit(SUMMARISED)
                .map(n -> n + archive.tensor(n).shape())
                .collect(Collectors.joining(", "));
        return names.isEmpty()
                ? "no tensors"
                : names.size() > SUMMARISED ? listed + " and " + (names.size() - SUMMARISED) + " more" : listed;
    }

    @Override
    public void close() {
        beside.values().forEach(TensorArchive::close);
        archive.close();
    }

    /** A key of any name has to hold an encoder and a decoder; what lies under fewer keys comes first. */
    private static List<String> prefixes(StateDictNames names) {
        List<String> encoders = names.prefixes(ENCODERS);
        List<String> decoders = names.prefixes(DECODERS);
        List<String> known = Stream.concat(encoders.stream(), decoders.stream())
                .filter(prefix -> StateDictNames.unknownKeys(prefix) == 0)
                .distinct()
                .toList();
        List<String> all =
                known.isEmpty() ? encoders.stream().filter(decoders::contains).toList() : known;
        long fewest = all.stream().mapToLong(CheckpointFiles::keys).min().orElse(0);
        return all.stream().filter(prefix -> keys(prefix) == fewest).toList();
    }

    private static long keys(String prefix) {
        return prefix.chars().filter(c -> c == '.').count();
    }
}

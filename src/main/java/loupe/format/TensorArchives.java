package loupe.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;

/** Opens files of tensors, recognising the container by its content and never by its name. */
public final class TensorArchives {
    private static final int HEAD_BYTES = 1024;
    private static final int TAR_MAGIC_AT = 257;
    private static final Pattern LFS_SIZE = Pattern.compile("size (\\d+)");
    private static final byte[] LEGACY_MAGIC = {
        (byte) 0x80,
        2,
        (byte) 0x8A,
        0x0A,
        0x6C,
        (byte) 0xFC,
        (byte) 0x9C,
        0x46,
        (byte) 0xF9,
        0x20,
        0x6A,
        (byte) 0xA8,
        0x50,
        0x19,
        0x2E
    };
    private static final String ZIP_MAGIC = "PK\3\4";
    private static final String INDEX_SUFFIX = ".index.json";
    /** Names of weight files, in the order in which transformers looks for them. */
    public static final List<String> WEIGHT_FILES = List.of(
            "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json");

    /**
     * Extensions of files that may hold tensors, lower case. They select the files of a folder to look into; what a
     * file is, its content decides.
     */
    public static final List<String> ENDINGS =
            List.of(".safetensors", ".pt", ".pth", ".bin", ".npz", ".ckpt", ".pkl", ".pkl.gz");

    private static final String EXPECTED = "a safetensors, torch or npz file";

    private TensorArchives() {}

    /**
     * Opens tensors. Everything but the tensors' own bytes is read and checked here.
     *
     * @param path a safetensors, torch or npz file; an index of several ({@code model.safetensors.index.json}); or a
     *     folder with a model's weights under one of the names Hugging Face gives them
     * @throws CheckpointException if it is anything else, or damaged, or holds anything but data
     */
    public static TensorArchive open(Path path) {
        if (Files.isDirectory(path)) {
            return openFolder(HubCache.resolve(path));
        }
        return path.getFileName().toString().endsWith(INDEX_SUFFIX) ? ShardedArchive.open(path) : openFile(path);
    }

    private static TensorArchive openFolder(Path folder) {
        for (String name : WEIGHT_FILES) {
            Path file = folder.resolve(name);
            HubCache.requireTarget(file);
            if (Files.exists(file)) {
                return open(file);
            }
        }
        throw new CheckpointException(
                folder,
                "the folder has no weight file",
                "one of " + String.join(", ", WEIGHT_FILES),
                "Choose the folder that holds the weights, or the weight file itself");
    }

    /**
     * Whether a file may hold tensors: because its name ends as such files' do, or because it begins as one of the
     * containers. At most its beginning and a zip's directory are read.
     */
    public static boolean mayHoldTensors(Path path) {
        if (!Files.isRegularFile(path)) {
            return false;
        }
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        if (ENDINGS.stream().anyMatch(name::endsWith)) {
            return true;
        }
        try (PositionalFile file = PositionalFile.open(path)) {
            ByteBuffer head = file.head(HEAD_BYTES);
            if (!StandardCharsets.ISO_8859_1.decode(head.duplicate()).toString().startsWith(ZIP_MAGIC)) {
                return SafetensorsFile.matches(head, file.size()) || startsWith(head, LEGACY_MAGIC);
            }
            Set<String> entries = ZipDirectory.read(file).keySet();
            return TorchZipFile.matches(entries) || NpzFile.matches(entries);
        } catch (CheckpointException unreadable) {
            return false;
        }
    }

    /**
     * Opens tensors, or a single npy array, whose only tensor then has the file's name.
     *
     * @throws CheckpointException as {@link #open(Path)}
     */
    public static TensorArchive openArrays(Path path) {
        if (Files.isDirectory(path) || path.getFileName().toString().endsWith(INDEX_SUFFIX)) {
            return open(path);
        }
        return openFile(
                path,
                (file, head) -> NpzFile.isArray(head) ? NpzFile.openArray(file) : TensorArchives.open(file, head));
    }

    /** Opens one file that is not an index. */
    static TensorArchive openFile(Path path) {
        return openFile(path, TensorArchives::open);
    }

    private static TensorArchive openFile(Path path, BiFunction<PositionalFile, ByteBuffer, TensorArchive> by) {
        PositionalFile file = PositionalFile.open(path);
        try {
            return by.apply(file, file.head(HEAD_BYTES));
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private static TensorArchive open(PositionalFile file, ByteBuffer head) {
        if (SafetensorsFile.matches(head, file.size())) {
            return SafetensorsFile.open(file);
        }
        if (Llama2cFile.matches(head, file.size())) {
            return Llama2cFile.open(file, head);
        }
        String text = StandardCharsets.ISO_8859_1.decode(head.duplicate()).toString();
        refuseLookAlikes(file, text, EXPECTED);
        if (text.startsWith(ZIP_MAGIC)) {
            return openZip(file);
        }
        if (startsWith(head, LEGACY_MAGIC)) {
            return TorchLegacyFile.open(file, LEGACY_MAGIC.length);
        }
        if (text.length() > 1 && text.charAt(0) == 0x80 && text.charAt(1) >= 2 && text.charAt(1) <= 5) {
            PickleReader.read(new PickleInput(
                    file,
                    0,
                    Math.min(file.size(), TorchZipFile.MAX_PICKLE_BYTES))); // names what it wants to call, if anything
            throw file.refuse(
                    "this is a bare pickle, not written by torch.save",
                    EXPECTED,
                    "Load it in Python and save its tensors with safetensors");
        }
        if (file.path().toString().endsWith(".safetensors")) {
            return SafetensorsFile.open(file);
        }
        if (file.size() == 0) {
            throw file.refuse("the file is empty", EXPECTED, "Download the file again");
        }
        throw file.refuse(
                "the content is of no known kind (it begins with " + hex(head) + ")",
                EXPECTED,
                "Check that this is the weight file, and download it again if it may be damaged");
    }

    private static TensorArchive openZip(PositionalFile file) {
        Map<String, ZipDirectory.Entry> entries = ZipDirectory.read(file);
        if (TorchZipFile.matches(entries.keySet())) {
            return TorchZipFile.open(file, entries);
        }
        if (NpzFile.matches(entries.keySet())) {
            return NpzFile.open(file, entries);
        }
        throw file.refuse(
                "this zip is neither a torch checkpoint nor an npz: it holds "
                        + entries.keySet().stream().limit(5).toList(),
                EXPECTED,
                "Unpack it and open the weight file inside");
    }

    /**
     * Refuses what is often mistaken for another file.
     *
     * @param expected what the file should be, for the message
     * @throws CheckpointException if the file begins like something else
     */
    static void refuseLookAlikes(PositionalFile file, String expected) {
        refuseLookAlikes(
                file, StandardCharsets.ISO_8859_1.decode(file.head(HEAD_BYTES)).toString(), expected);
    }

    /** Refuses files that are often mistaken for others, each kind with its own advice. */
    private static void refuseLookAlikes(PositionalFile file, String text, String expected) {
        String start = text.stripLeading();
        String lower = start.toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs.github.com/spec/")) {
            Matcher size = LFS_SIZE.matcher(text);
            throw file.refuse(
                    "this is a Git-LFS pointer" + (size.find() ? " to a file of " + size.group(1) + " bytes" : "")
                            + ", not the data",
                    "the file it points to",
                    "Fetch the real file with git lfs pull, or download it from the web page");
        }
        if (text.startsWith("../") && text.contains("/blobs/") && text.length() < HEAD_BYTES) {
            throw file.refuse(
                    "this is the text of a link to " + text.strip() + ", not the data",
                    "the file it names",
                    "Copy the folder again with its links, or download the file");
        }
        if (lower.startsWith("<!doctype html") || lower.startsWith("<html") || lower.startsWith("<?xml")) {
            throw file.refuse(
                    "this is a web page, not the data",
                    expected,
                    "Download the file itself; the site may want you to log in first");
        }
        if (lower.startsWith("{\"error\"")
                || lower.startsWith("access to model")
                || lower.startsWith("invalid username or password")
                || lower.startsWith("entry not found")) {
            throw file.refuse(
                    "this is an error message from a server, not the data: "
                            + start.lines().findFirst().orElse("").strip(),
                    expected,
                    "Ask for access to the model or log in, then download it again");
        }
        if (text.startsWith("GGUF")) {
            throw file.refuse(
                    "this is a GGUF file for llama.cpp", expected, "Use the model's original safetensors files");
        }
        if (text.startsWith("\37\u008B")) {
            throw file.refuse("this is a gzip file", expected, "Unpack it with gunzip and open what is inside");
        }
        if (text.startsWith("7z\u00BC\u00AF'\u001C")) {
            throw file.refuse(
                    "this is a 7z archive, whatever its name says",
                    expected,
                    "Unpack it; a checkpoint packed this way may hide something");
        }
        if (text.startsWith("PYTORCH1")) {
            throw file.refuse(
                    "this is a file of PyTorch's preview format, which PyTorch itself refuses",
                    expected,
                    "Save it again with torch.save");
        }
        if (text.length() > TAR_MAGIC_AT + 5 && text.startsWith("ustar", TAR_MAGIC_AT)) {
            throw file.refuse(
                    "this is a tar archive, perhaps a checkpoint of PyTorch 0.1",
                    expected,
                    "Unpack it, or load it with an old PyTorch and save it again");
        }
        if (text.startsWith("PK\5\6") || text.startsWith("PK\7\b")) {
            throw file.refuse("this zip is empty or one part of several", expected, "Download the file again");
        }
        if (text.startsWith("\u0093NUMPY")) {
            throw file.refuse("this is a single npy array", expected, "Save it with numpy.savez under a name");
        }
        if (text.startsWith("\u0089HDF")) {
            throw file.refuse("this is an HDF5 file", expected, "Convert it to safetensors");
        }
    }

    private static boolean startsWith(ByteBuffer head, byte[] magic) {
        return head.remaining() >= magic.length && head.slice(0, magic.length).equals(ByteBuffer.wrap(magic));
    }

    private static String hex(ByteBuffer head) {
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < Math.min(8, head.remaining()); i++) {
            hex.append(String.format(i == 0 ? "%02X" : " %02X", head.get(i)));
        }
        return hex.toString();
    }
}

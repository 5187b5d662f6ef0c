package loupe.analysis.tokenbias;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.base.AsideFile;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.base.HookPoint;
import loupe.base.MemoryBudget;
import loupe.base.Refusal;
import loupe.format.SafetensorsWriter;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.inference.ModelId;
import loupe.lm.ModelConfig;
import loupe.lm.SiteShape;

/**
 * The folder of unigram residuals: a safetensors file for each model, hook point and first token, named by the model's
 * fingerprint, with the array {@code unigram} (V, width). While it is computed it is called {@code NAME.part} and has
 * the rows so far, so that an ended computation goes on where it was. Two processes that compute the same write the
 * same numbers to the same places.
 */
public record UnigramStore(Path folder) {
    private static final String SUFFIX = ".safetensors";
    private static final String ARRAY = "unigram";

    /**
     * A file of the folder.
     *
     * @param model its name; empty if the file does not say
     * @param complete whether all tokens are there
     * @param bytes on the disk
     */
    public record Kept(Path file, String model, String hook, String bos, boolean complete, long bytes) {}

    /**
     * Where the residuals of a model are, or will be.
     *
     * @throws Refusal if the hook point has no vectors in this model
     */
    public UnigramTable table(ModelId model, ModelConfig config, HookPoint hook, int bos) {
        SiteShape shape = config.at(hook)
                .filter(there -> !hook.site().equals(HookPoint.Site.PATTERN)
                        && !hook.site().equals(HookPoint.Site.ATTN_SCORES))
                .orElseThrow(() -> new Refusal(
                        model.name() + " has no vectors at " + hook,
                        "a hook point such as blocks.0.hook_resid_post",
                        "Choose another hook point"));
        int tokens = config.vocabularySize();
        int width = Math.toIntExact(shape.size());
        String name = model.fingerprint() + "-" + hook.name() + "-" + bos + SUFFIX;
        return new UnigramTable(
                folder.resolve(name),
                model,
                hook,
                bos,
                tokens,
                hook.site().hasHeads() ? shape.heads() : 0,
                width,
                header(model, hook, bos, tokens, width).length);
    }

    /** Whether a table is there as a whole. */
    public static boolean isComplete(UnigramTable table) {
        try {
            return Files.size(table.file()) == table.bytes();
        } catch (IOException missing) {
            return false;
        }
    }

    /** Rows that are there already. */
    static int done(UnigramTable table) {
        if (isComplete(table)) {
            return table.tokens();
        }
        try {
            long rows = (Files.size(part(table)) - table.bytesBefore()) / ((long) table.width() * Float.BYTES);
            return (int) Math.max(0, Math.min(table.tokens(), rows));
        } catch (NoSuchFileException none) {
            return 0;
        } catch (IOException e) {
            throw cannotBeWritten(table, e);
        }
    }

    /**
     * Refuses a table for which the disk has no room.
     *
     * @throws Refusal with both sizes
     */
    void requireRoom(UnigramTable table) {
        try {
            Files.createDirectories(folder);
            long left = table.bytes() - (long) done(table) * table.width() * Float.BYTES;
            long room = Files.getFileStore(folder).getUsableSpace();
            if (left > room) {
                throw new Refusal(
                        "The unigram residuals take " + MemoryBudget.size(left) + " more in " + folder
                                + ", which has room for " + MemoryBudget.size(room),
                        "",
                        "Make room, or choose another folder");
            }
        } catch (IOException e) {
            throw cannotBeWritten(table, e);
        }
    }

    /** Writes rows to their place; the file is complete once the last ones are there. */
    void write(UnigramTable table, int first, float[] rows) {
        Path part = part(table);
        if (isComplete(table)) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.allocate(rows.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(rows);
        try {
            Files.createDirectories(folder);
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                if (first == 0) {
                    put(channel, 0, ByteBuffer.wrap(header(table)));
                }
                put(channel, table.bytesBefore() + (long) first * table.width() * Float.BYTES, bytes);
            }
            if (first + rows.length / table.width() == table.tokens()) {
                AsideFile.resumed(table.file()).commit();
            }
        } catch (IOException e) {
            throw cannotBeWritten(table, e);
        }
    }

    private static void put(FileChannel channel, long position, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes, position + bytes.position());
        }
    }

    private static Path part(UnigramTable table) {
        return AsideFile.resumed(table.file()).path();
    }

    private static byte[] header(UnigramTable table) {
        return header(table.model(), table.hook(), table.bos(), table.tokens(), table.width());
    }

    /** What precedes the numbers in the file. */
    private static byte[] header(ModelId model, HookPoint hook, int bos, int tokens, int width) {
        return new SafetensorsWriter()
                .metadata("model", model.name())
                .metadata("hook", hook.name())
                .metadata("bos", Integer.toString(bos))
                .add(ARRAY, List.of((long) tokens, (long) width), (first, elements) -> {})
                .header();
    }

    /** What is in the folder, by name; nothing if there is no folder. */
    public List<Kept> list() {
        List<Kept> kept = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.sorted(Comparator.comparing(Path::getFileName)).toList()) {
                String name = file.getFileName().toString();
                boolean complete = name.endsWith(SUFFIX);
                if (complete || name.endsWith(SUFFIX + ".part")) {
                    kept.add(kept(file, complete));
                }
            }
        } catch (NoSuchFileException none) {
            return List.of();
        } catch (IOException e) {
            throw new CheckpointException(
                    folder, "this folder cannot be read (" + FileFailure.reason(e) + ")", "", "Look after it", e);
        }
        return List.copyOf(kept);
    }

    private static Kept kept(Path file, boolean complete) throws IOException {
        Map<String, Object> says = complete ? metadata(file) : Map.of();
        String[] parts = file.getFileName().toString().split("-", 3);
        return new Kept(
                file,
                says.getOrDefault("model", "").toString(),
                says.getOrDefault("hook", parts.length == 3 ? parts[1] : "").toString(),
                says.getOrDefault("bos", "").toString(),
                complete,
                Files.size(file));
    }

    private static Map<String, Object> metadata(Path file) {
        try (TensorArchive archive = TensorArchives.open(file)) {
            return archive.values();
        } catch (CheckpointException damaged) {
            return Map.of();
        }
    }

    /** Deletes files of the folder, and returns how many bytes that frees. */
    public static long delete(List<Kept> files) {
        long bytes = 0;
        for (Kept kept : files) {
            try {
                if (Files.deleteIfExists(kept.file())) {
                    bytes += kept.bytes();
                }
            } catch (IOException e) {
                throw new CheckpointException(
                        kept.file(),
                        "this file cannot be deleted (" + FileFailure.reason(e) + ")",
                        "",
                        "Delete it by hand",
                        e);
            }
        }
        return bytes;
    }

    private static CheckpointException cannotBeWritten(UnigramTable table, IOException e) {
        return new CheckpointException(
                table.file(),
                "the unigram residuals cannot be written (" + FileFailure.reason(e) + ")",
                "",
                "Make room, or choose another folder",
                e);
    }
}

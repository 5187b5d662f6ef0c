package loupe.index;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import loupe.base.AsideFile;
import loupe.base.CheckpointException;
import loupe.base.RegularFile;
import loupe.base.Remedy;
import org.jspecify.annotations.Nullable;

/**
 * The description of a pass as JSON: {@code index.json} of a finished one, {@code plan.json} of one that runs. Its key
 * {@code checksum} is the CRC-32C of the rest, in hexadecimal; one without was written before there were any.
 */
final class InfoFile {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHECKSUM = "checksum";

    private InfoFile() {}

    static void write(Path file, IndexInfo info) throws IOException {
        ObjectNode described = JSON.valueToTree(info);
        described.put(CHECKSUM, checksum(described));
        try (AsideFile aside = AsideFile.alone(file)) {
            JSON.writerWithDefaultPrettyPrinter().writeValue(aside.path().toFile(), described);
            aside.commit();
        }
    }

    /**
     * Reads a description.
     *
     * @throws CheckpointException if it cannot be read, is damaged, or describes nothing that can be
     */
    static IndexInfo read(Path file) {
        try {
            JsonNode tree = JSON.readTree(RegularFile.require(file).toFile());
            if (!(tree instanceof ObjectNode described)) {
                throw refused(file, "this is not the description of an index", null);
            }
            JsonNode checksum = described.remove(CHECKSUM);
            if (checksum != null && !checksum.asText().equals(checksum(described))) {
                throw refused(file, "its content is not what was written", null);
            }
            IndexInfo info = JSON.treeToValue(described, IndexInfo.class);
            if (checksum == null && !info.files().isEmpty()) {
                throw refused(file, "its checksum is missing", null);
            }
            Optional<String> defect = defect(info);
            if (defect.isPresent()) {
                throw refused(file, defect.get(), null);
            }
            return info;
        } catch (IOException | RuntimeException e) {
            if (e instanceof CheckpointException refusal) {
                throw refusal;
            }
            throw refused(file, "this is not the description of an index", e);
        }
    }

    private static CheckpointException refused(Path file, String found, @Nullable Exception cause) {
        return new CheckpointException(
                file,
                found,
                "JSON as index build writes it",
                "Build the index anew",
                cause,
                Remedy.give(Remedy.Choice.INDEX));
    }

    private static String checksum(ObjectNode described) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(JSON.writeValueAsString(described).getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }

    /** What cannot be, of a layout that this program reads; empty if nothing is wrong. */
    private static Optional<String> defect(IndexInfo info) {
        if (info.version() != IndexInfo.VERSION) {
            return Optional.empty(); // another layout may have other rules
        }
        if (!isNamed(info.model())) {
            return Optional.of("it names no model");
        }
        if (info.contextLength() < 2) {
            return Optional.of("contextLength is " + info.contextLength());
        }
        if (info.tokens() < 0
                || info.contexts() < 0
                || info.tokens() > info.contexts() * info.contextLength()
                || info.contexts() > Integer.MAX_VALUE / info.contextLength()
                || info.counted() < 0) {
            return Optional.of("tokens are " + info.tokens() + " in " + info.contexts() + " contexts, "
                    + info.leftOut().together() + " left out");
        }
        if (info.sources() == null
                || info.sources().isEmpty()
                || info.sources().stream().anyMatch(source -> source == null || source.name() == null)) {
            return Optional.of("it names no corpus");
        }
        if (info.saes() == null || info.saes().isEmpty()) {
            return Optional.of("it names no checkpoint");
        }
        Set<String> folders = new HashSet<>();
        for (IndexInfo.IndexedSae sae : info.saes()) {
            if (sae == null || !isNamed(sae.sae()) || sae.features() < 1 || sae.rows() < 0 || sae.hook() == null) {
                return Optional.of("a checkpoint of it is " + sae);
            }
            if (sae.folder() == null || !sae.folder().matches("[\\w-]+") || !folders.add(sae.folder())) {
                return Optional.of("the folder of a checkpoint is " + sae.folder());
            }
        }
        return info.files().stream().anyMatch(Objects::isNull) ? Optional.of("a file has no name") : Optional.empty();
    }

    private static boolean isNamed(IndexInfo.@Nullable Named named) {
        return named != null && named.name() != null && named.fingerprint() != null;
    }

    /** The files that an index has beside its description, by their paths in its folder. */
    static List<String> filesOf(List<IndexInfo.IndexedSae> saes) {
        return java.util.stream.Stream.concat(
                        java.util.stream.Stream.of("contexts.parquet"),
                        saes.stream()
                                .flatMap(sae -> java.util.stream.Stream.of(
                                                "activations.parquet", "features.parquet", ActivationsByToken.FILE)
                                        .map(name -> sae.folder() + "/" + name)))
                .toList();
    }
}

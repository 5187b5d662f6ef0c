package loupe.training.sample;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import loupe.base.CheckpointException;
import loupe.base.RegularFile;
import loupe.format.JsonFiles;

/**
 * The inputs that decide what a training makes: its definitions, by their SHA-256, and its settings. A folder of parts
 * keeps them beside the parts, so that parts of other inputs are never taken for these.
 */
final class TrainingOrigin {
    private static final String FILE = "training.json";
    private static final int KEY_DIGITS = 16;

    private final ObjectNode inputs;

    private TrainingOrigin(ObjectNode inputs) {
        this.inputs = inputs;
    }

    /**
     * What the unfinished parts are made from.
     *
     * @throws CheckpointException if the definitions are no regular file
     */
    static TrainingOrigin ofUnfinished(Path definitions, SampleBuilder.Plan plan, SampleBuilder.Sizes sizes)
            throws IOException {
        ObjectNode inputs = JsonNodeFactory.instance.objectNode();
        inputs.put("definitions", sha256(RegularFile.require(definitions)))
                .put("tokens", plan.modelTokens())
                .put("seed", plan.seed())
                .put("sizes", sizes.toString());
        return new TrainingOrigin(inputs);
    }

    /** What the finished parts are made from, which are the unfinished ones and more settings. */
    TrainingOrigin ofFinished(SampleBuilder.Plan plan) {
        ObjectNode all = inputs.deepCopy();
        all.put("sae_tokens", plan.saeTokens()).put("corpus_tokens", plan.corpusTokens());
        return new TrainingOrigin(all);
    }

    /** A name for a folder of parts made from this and nothing else. */
    String key() {
        return HexFormat.of()
                .formatHex(sha256().digest(inputs.toString().getBytes(StandardCharsets.UTF_8)))
                .substring(0, KEY_DIGITS);
    }

    /**
     * Binds a folder to this, unless it is bound already.
     *
     * @param part that a folder has which was filled before folders were bound
     * @throws CheckpointException if it holds parts made from anything else
     */
    void bind(Path folder, String part) {
        Path file = folder.resolve(FILE);
        if (Files.exists(file)) {
            JsonNode before = JsonFiles.readOwn(file);
            inputs.properties().stream()
                    .filter(input -> !before.path(input.getKey())
                            .asText()
                            .equals(input.getValue().asText()))
                    .findFirst()
                    .ifPresent(input -> {
                        throw refused(
                                folder,
                                "its parts were made from other inputs (" + input.getKey() + " was "
                                        + before.path(input.getKey()) + ")",
                                input.getKey() + " " + input.getValue());
                    });
        } else if (Files.exists(folder.resolve(part))) {
            throw refused(folder, "nothing says what its parts were made from", "a folder with " + FILE);
        } else {
            JsonFiles.write(file, inputs);
        }
    }

    private static CheckpointException refused(Path folder, String found, String expected) {
        return new CheckpointException(folder, found, expected, "Choose another folder, or delete this one");
    }

    /** The SHA-256 of a file, in hexadecimal. */
    static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = sha256();
            byte[] block = new byte[1 << 16];
            for (int read; (read = in.read(block)) >= 0; ) {
                digest.update(block, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}

package loupe.state.ghost;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.Verbaliser;

/**
 * The verbaliser in force. What its file says is kept with the session, so that a file that is changed or gone later
 * changes nothing.
 *
 * @param name of the file it was read from
 */
public record ChosenVerbaliser(String name, Verbaliser verbaliser) {
    private static final int PARTS = 3;

    /**
     * Reads one. File thread.
     *
     * @throws loupe.base.CheckpointException if the file gives no prompt and norm
     */
    public static ChosenVerbaliser read(Path file) {
        return new ChosenVerbaliser(file.getFileName().toString(), Verbaliser.read(file));
    }

    /** One line of a session: empty for none, else norm, name and prompt. */
    static String written(Optional<ChosenVerbaliser> chosen) {
        return chosen.map(one -> one.verbaliser.norm() + ";" + URLEncoder.encode(one.name, StandardCharsets.UTF_8) + ";"
                        + one.verbaliser.prompt())
                .orElse("");
    }

    /** @throws IllegalArgumentException for an invalid line */
    static Optional<ChosenVerbaliser> read(String line) {
        if (line.isEmpty()) {
            return Optional.empty();
        }
        String[] parts = line.split(";", PARTS);
        if (parts.length != PARTS
                || !(Double.parseDouble(parts[0]) > 0)
                || !parts[2].contains(GhostPrompt.PLACEHOLDER)) {
            throw new IllegalArgumentException("the verbaliser is " + line);
        }
        return Optional.of(new ChosenVerbaliser(
                URLDecoder.decode(parts[1], StandardCharsets.UTF_8),
                new Verbaliser(parts[2], Double.parseDouble(parts[0]))));
    }
}

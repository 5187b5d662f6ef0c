package loupe.analysis.ghost;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import loupe.analysis.Vectors;
import loupe.base.CheckpointException;
import loupe.base.Refusal;
import loupe.format.JsonFiles;

/**
 * How to present vectors to a model that was trained to verbalise them: in the place of {@code {ghost}} of its own
 * prompt, at one norm, neither moved to the centroid nor scaled otherwise. Read from a JSON file {@code {"prompt": "...
 * {ghost} ...", "norm": 150}}; {@code injection_scale} is taken for norm too, as such models' metadata call it.
 *
 * @param norm of the injected vector, in units of the embedding; positive
 */
public record Verbaliser(String prompt, double norm) {
    /**
     * Reads a prompt and a norm from a JSON file.
     *
     * @throws CheckpointException if the file does not give a prompt with a place for the ghost and a norm
     */
    public static Verbaliser read(Path file) {
        JsonNode json = JsonFiles.readObject(file);
        JsonNode prompt = json.path("prompt");
        JsonNode norm = json.has("norm") ? json.get("norm") : json.path("injection_scale");
        if (!prompt.isTextual() || !prompt.textValue().contains(GhostPrompt.PLACEHOLDER)) {
            throw refuse(file, "\"prompt\" is " + (prompt.isMissingNode() ? "missing" : prompt));
        }
        if (!norm.isNumber() || !(norm.doubleValue() > 0)) {
            throw refuse(file, "\"norm\" is " + (norm.isMissingNode() ? "missing" : norm));
        }
        return new Verbaliser(prompt.textValue(), norm.doubleValue());
    }

    private static CheckpointException refuse(Path file, String found) {
        return new CheckpointException(
                file,
                found,
                "{\"prompt\": \"a text with {ghost} in it\", \"norm\": a positive number}",
                "Write down what the model's makers say about its prompt and injection scale");
    }

    /**
     * The settings of the ghosts of many features with this verbaliser's norm.
     *
     * @throws Refusal if their directions are mixed, so that each has a length, and would need a scale, of its own
     */
    public GhostSettings applyToAll(GhostSettings settings) {
        if (settings.components() > 0 || (settings.encoderMix() != 0 && settings.encoderMix() != 1)) {
            throw new Refusal(
                    "The directions of these ghosts are mixtures, each of another length, and a verbaliser's norm "
                            + "would need another scale for each",
                    "the encoder or the decoder direction, without principal components",
                    "Choose one of them, or ask feature by feature");
        }
        return settings.withCentroid(false).withScale(norm);
    }

    /**
     * The settings of a ghost in the same direction with this verbaliser's norm.
     *
     * @param direction u of {@link GhostSettings}
     */
    public GhostSettings apply(GhostSettings settings, double[] direction) {
        double length = Vectors.norm(direction);
        return settings.withCentroid(false).withScale(length == 0 ? 0 : norm / length);
    }
}

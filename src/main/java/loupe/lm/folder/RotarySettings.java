package loupe.lm.folder;

import loupe.lm.Rotary;

/**
 * Reads the settings of rotary positions in either spelling: {@code rope_parameters}, one object with everything
 * (transformers 5), or {@code rope_theta} (also {@code rotary_emb_base}), {@code rotary_pct} and {@code rope_scaling}
 * (transformers 4).
 */
final class RotarySettings {
    private static final int MOST_DIMENSIONS = 1 << 14;

    private RotarySettings() {}

    /**
     * @param kind the kind of layer, under whose name {@code rope_parameters} may have an object of its own
     * @param base of the frequencies, where the file has none
     * @param share of a head's dimensions that turn, where the file does not say
     * @throws loupe.base.CheckpointException for a kind of scaling that is not supported
     */
    static Rotary read(ConfigFile file, String kind, int dHead, double base, double share) {
        ConfigFile old = file.within("rope_scaling").orElse(none(file));
        ConfigFile parameters = file.within("rope_parameters").orElse(none(file));
        parameters = parameters.within(kind).orElse(parameters);
        double theta = parameters.positive(file.positive(base, "rotary_emb_base", "rope_theta"), "rope_theta");
        double turning = parameters.positive(
                file.positive(share, "rotary_pct", "partial_rotary_factor"), "partial_rotary_factor");
        int dimensions = (int) (dHead * turning);
        if (dimensions < 2 || dimensions > dHead || dimensions % 2 != 0) {
            throw file.refuse(
                    "of " + dHead + " dimensions of a head " + dimensions + " turn",
                    "an even number from 2 to " + dHead);
        }
        if (dimensions > MOST_DIMENSIONS) {
            throw file.refuse(dimensions + " dimensions of a head turn", "at most " + MOST_DIMENSIONS);
        }
        return scaled(parameters.json().isEmpty() ? old : parameters, Rotary.of(theta, dimensions, false));
    }

    private static ConfigFile none(ConfigFile file) {
        return new ConfigFile(file.path(), com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode());
    }

    /** Applies a {@code rope_scaling} object; an empty one changes nothing. */
    static Rotary scaled(ConfigFile scaling, Rotary plain) {
        String type = scaling.text(scaling.text("default", "type"), "rope_type");
        return switch (type) {
            // up to the context that config.json names, which we never leave, "dynamic" does nothing
            case "default", "dynamic" -> plain;
            case "linear" -> plain.linear(required(scaling, "factor"));
            case "llama3" ->
                plain.llama3(
                        required(scaling, "factor"),
                        required(scaling, "low_freq_factor"),
                        required(scaling, "high_freq_factor"),
                        required(scaling, "original_max_position_embeddings"));
            default -> throw scaling.refuse("rope_type is " + type, "default, linear, dynamic or llama3");
        };
    }

    private static double required(ConfigFile scaling, String name) {
        if (!scaling.json().hasNonNull(name)) {
            throw scaling.refuse(name + " of the rotary scaling is missing", "a number");
        }
        return scaling.positive(0, name);
    }
}

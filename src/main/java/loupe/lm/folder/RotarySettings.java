package loupe.lm.folder;

import java.util.List;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.lm.Rotary;

/**
 * Reads the settings of rotary positions in either spelling: {@code rope_parameters}, one object with everything
 * (transformers 5), or {@code rope_theta} (also {@code rotary_emb_base}), {@code rotary_pct} and {@code rope_scaling}
 * (transformers 4).
 */
final class RotarySettings {
    private static final int MOST_DIMENSIONS = 1 << 14;
    /** Layers without a window, the only kind that {@code rope_scaling} speaks of. */
    private static final String FULL = "full_attention";

    private RotarySettings() {}

    /**
     * @param kind the kind of layer, under whose name {@code rope_parameters} may have an object of its own
     * @param base of the frequencies, where the file has none
     * @param share of a head's dimensions that turn, where the file does not say
     * @throws CheckpointException for a kind of scaling that is not supported, or two that differ
     */
    static Rotary read(ConfigFile file, String kind, int dHead, double base, double share) {
        ConfigFile old = file.within("rope_scaling").orElse(none(file));
        ConfigFile parameters = file.within("rope_parameters").orElse(none(file));
        parameters = parameters.within(kind).orElse(parameters);
        double theta = base(file, parameters, base);
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
        Rotary plain = Rotary.of(theta, dimensions, false);
        if (parameters.json().isEmpty()) {
            return scaled(file, old, theta, plain);
        }
        Rotary rotary = scaled(file, parameters, theta, plain);
        if (kind.equals(FULL)
                && !old.json().isEmpty()
                && !scaled(file, old, theta, plain).equals(rotary)) {
            throw new CheckpointException(
                    file.path(),
                    "rope_scaling and rope_parameters say different things",
                    "one of them, or both alike",
                    "Take one of them out of the file, as the model's authors have it");
        }
        return rotary;
    }

    /**
     * The rotation of layers with a window in a family whose context is extended on the other layers only: unscaled,
     * unless {@code rope_parameters} has an object for them.
     */
    static Rotary ofWindows(ConfigFile file, int dHead, double base) {
        ConfigFile parameters = file.within("rope_parameters").orElse(none(file));
        return parameters.within("sliding_attention").isPresent()
                ? read(file, "sliding_attention", dHead, base, 1)
                : Rotary.of(base(file, parameters, base), dHead, false);
    }

    private static double base(ConfigFile file, ConfigFile parameters, double otherwise) {
        return parameters.positive(file.positive(otherwise, "rotary_emb_base", "rope_theta"), "rope_theta");
    }

    /** What a configuration says of its rotary positions that transformers does not know, and so nothing here uses. */
    static List<String> warnings(ConfigFile file) {
        boolean unknown = Stream.of("rope_scaling", "rope_parameters")
                .anyMatch(name -> file.json().path(name).has("attn_factor"));
        return unknown
                ? List.of("attn_factor of the rotary settings is not used: transformers does not know it, other"
                        + " programs multiply queries and keys by it")
                : List.of();
    }

    private static ConfigFile none(ConfigFile file) {
        return new ConfigFile(file.path(), com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode());
    }

    /** Applies a {@code rope_scaling} object; an empty one changes nothing. */
    private static Rotary scaled(ConfigFile file, ConfigFile scaling, double base, Rotary plain) {
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
            // the first Phi-3 files say "yarn" and "su" of what is now called longrope
            case "longrope", "su" -> longRope(file, scaling, plain);
            case "yarn" ->
                scaling.json().hasNonNull("short_factor")
                        ? longRope(file, scaling, plain)
                        : yarn(file, scaling, base, plain);
            default ->
                throw scaling.refuse("rope_type is " + type, "default, linear, dynamic, llama3, yarn or longrope");
        };
    }

    /**
     * YaRN as transformers 5 computes it: pairs that turn more than {@code beta_fast} times within the original context
     * stay, those that turn less than {@code beta_slow} times are slowed down by the factor. Source: transformers'
     * {@code modeling_rope_utils.py}.
     */
    private static Rotary yarn(ConfigFile file, ConfigFile scaling, double base, Rotary plain) {
        double context = originalContext(file, scaling);
        double factor = scaling.positive(file.positive(context, "max_position_embeddings") / context, "factor");
        double mScale = scaling.number(0, "mscale");
        double mScaleAll = scaling.number(0, "mscale_all_dim");
        double usual =
                mScale != 0 && mScaleAll != 0 ? growth(factor, mScale) / growth(factor, mScaleAll) : growth(factor, 1);
        int dimensions = 2 * plain.frequencies().size();
        double from = pairThatTurns(orIfZero(scaling.number(32, "beta_fast"), 32), context, base, dimensions);
        double to = pairThatTurns(orIfZero(scaling.number(1, "beta_slow"), 1), context, base, dimensions);
        if (scaling.flag(true, "truncate")) {
            from = Math.floor(from);
            to = Math.ceil(to);
        }
        return plain.yarn(
                factor, Math.max(from, 0), Math.min(to, dimensions - 1), scaling.number(usual, "attention_factor"));
    }

    private static double growth(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    private static double orIfZero(double value, double otherwise) {
        return value == 0 ? otherwise : value;
    }

    /** The index of the pair, usually between two, that turns this many times in a context. */
    private static double pairThatTurns(double times, double context, double base, int dimensions) {
        return dimensions * Math.log(context / (times * 2 * Math.PI)) / (2 * Math.log(base));
    }

    private static Rotary longRope(ConfigFile file, ConfigFile scaling, Rotary plain) {
        double context = originalContext(file, scaling);
        double factor = scaling.positive(file.positive(context, "max_position_embeddings") / context, "factor");
        double usual = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(context));
        int pairs = plain.frequencies().size();
        return plain.longRope(
                divisors(scaling, "short_factor", pairs),
                divisors(scaling, "long_factor", pairs),
                context,
                scaling.number(usual, "attention_factor"));
    }

    private static List<Double> divisors(ConfigFile scaling, String name, int pairs) {
        List<Double> divisors = scaling.positives(name);
        if (divisors.size() != pairs) {
            throw scaling.refuse(
                    name + " has " + divisors.size() + " numbers",
                    pairs + ", one for each pair of dimensions that turns");
        }
        return divisors;
    }

    /** The context before the extension: of the configuration, else of the scaling, else the whole context. */
    private static double originalContext(ConfigFile file, ConfigFile scaling) {
        String name = "original_max_position_embeddings";
        if (!file.json().hasNonNull(name) && !scaling.json().hasNonNull(name)) {
            return required(file, "max_position_embeddings");
        }
        return file.json().hasNonNull(name) ? file.positive(0, name) : scaling.positive(0, name);
    }

    private static double required(ConfigFile scaling, String name) {
        if (!scaling.json().hasNonNull(name)) {
            throw scaling.refuse(name + " of the rotary scaling is missing", "a number");
        }
        return scaling.positive(0, name);
    }
}

package loupe.app.window;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.TensorRoles;

/** What a checkpoint was read with, as a session keeps it: by name. */
final class KeptOptions {
    private KeptOptions() {}

    private static SaeOptions options(Map<String, String> kept) {
        return SaeOptions.builder()
                .format(Optional.ofNullable(kept.get("format")))
                .k(kept.containsKey("k") ? OptionalInt.of(Integer.parseInt(kept.get("k"))) : OptionalInt.empty())
                .hook(Optional.ofNullable(kept.get("hook")).flatMap(HookPoint::parse))
                .activation(Optional.ofNullable(kept.get("activation")))
                .normFactor(
                        kept.containsKey("norm-factor")
                                ? OptionalDouble.of(Double.parseDouble(kept.get("norm-factor")))
                                : OptionalDouble.empty())
                .centred(Optional.ofNullable(kept.get("centred")).map(Boolean::valueOf))
                .fold(Boolean.parseBoolean(kept.get("fold")))
                .subtractDecoderBias(
                        Optional.ofNullable(kept.get("subtract-b-dec")).map(Boolean::valueOf))
                .subtractMean(Optional.ofNullable(kept.get("subtract-mean")).map(Boolean::valueOf))
                .side(
                        kept.containsKey("side")
                                ? OptionalInt.of(Integer.parseInt(kept.get("side")))
                                : OptionalInt.empty())
                .tensors(Optional.ofNullable(kept.get("tensors")).map(TensorRoles::parse))
                .build();
    }

    /** The options that were kept; empty if they are not understood. */
    static Optional<SaeOptions> understood(Map<String, String> kept) {
        try {
            return Optional.of(options(kept));
        } catch (IllegalArgumentException | Refusal notUnderstood) {
            return Optional.empty();
        }
    }

    /** What a session keeps of options. */
    static Map<String, String> kept(SaeOptions options) {
        Map<String, String> kept = new LinkedHashMap<>();
        options.format().ifPresent(value -> kept.put("format", value));
        options.k().ifPresent(value -> kept.put("k", Integer.toString(value)));
        options.hook().ifPresent(value -> kept.put("hook", value.name()));
        options.activation().ifPresent(value -> kept.put("activation", value));
        options.normFactor().ifPresent(value -> kept.put("norm-factor", Double.toString(value)));
        options.centred().ifPresent(value -> kept.put("centred", value.toString()));
        options.subtractDecoderBias().ifPresent(value -> kept.put("subtract-b-dec", value.toString()));
        options.subtractMean().ifPresent(value -> kept.put("subtract-mean", value.toString()));
        options.side().ifPresent(value -> kept.put("side", Integer.toString(value)));
        options.tensors().ifPresent(value -> kept.put("tensors", value.text()));
        if (options.fold()) {
            kept.put("fold", "true");
        }
        return kept;
    }
}

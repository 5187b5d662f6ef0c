package loupe.sae.checkpoint;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import loupe.base.HookPoint;
import loupe.format.SafetensorsWriter;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.SaeConfig;
import loupe.sae.SaeConfig.Heads;
import loupe.sae.WeightShapes;

/**
 * One safetensors file with everything in it: the tensors under their usual names, (d, n) encoders and (n, d) decoders,
 * and the configuration as texts in the metadata, each under a name that begins with {@code loupe.}. Our own form, for
 * what no library's has a place for.
 */
final class PlainSae implements SaeFamily {
    static final String FORMAT = "plain";

    private static final String VERSION = "loupe.sae";
    /**
     * What is put after the name of a top-k that chooses by decoder norm and keeps features as they are; older versions
     * of this program refuse the name instead of reading it as a plain top-k.
     */
    private static final String BY_DECODER_NORM = "-by-decoder-norm";

    private static final Map<Part, String> NAMES = new EnumMap<>(Map.ofEntries(
            Map.entry(Part.ENCODER, "W_enc"),
            Map.entry(Part.ENCODER_BIAS, "b_enc"),
            Map.entry(Part.DECODER, "W_dec"),
            Map.entry(Part.DECODER_BIAS, "b_dec"),
            Map.entry(Part.INPUT_BIAS, "b_in"),
            Map.entry(Part.MEAN, "mean"),
            Map.entry(Part.THRESHOLD, "threshold"),
            Map.entry(Part.MAGNITUDE_SCALE, "r_mag"),
            Map.entry(Part.MAGNITUDE_BIAS, "b_mag"),
            Map.entry(Part.FEATURE_SCALE, "feature_scale"),
            Map.entry(Part.MAGNITUDE_ENCODER, "W_mag"),
            Map.entry(Part.LOOKUP, "lookup"),
            Map.entry(Part.SKIP, "W_skip")));

    @Override
    public String format() {
        return FORMAT;
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return files.archive().values().get(VERSION) instanceof String && files.has("W_enc", "W_dec", "b_dec");
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        Metadata metadata = new Metadata(files);
        if (!metadata.text("sae").equals("1")) {
            throw files.refused(
                    "it was saved in form " + metadata.text("sae"),
                    "form 1",
                    "Open it with the version of this program that saved it, or a newer one");
        }
        long[] encoder = files.shape("W_enc");
        long[] decoder = files.shape("W_dec");
        if (encoder.length != 2 || decoder.length != 2) {
            throw files.refused(
                    "the shapes do not form an autoencoder: " + files.summary(), "W_enc [d, n] and W_dec [n, d]");
        }
        SaeDraft draft = new SaeDraft(files, FORMAT, encoder[0], encoder[1]);
        draft.dOut(Math.toIntExact(decoder[1]));
        activation(files, metadata, draft);
        draft.subtractsDecoderBias(metadata.flag("subtract_b_dec"));
        draft.transcodes(metadata.flag("transcodes"));
        draft.heads(heads(metadata, draft.dIn() == draft.dOut()));
        draft.centred(metadata.flag("centred"));
        draft.normalisation(java.util.Arrays.stream(InputNormalisation.values())
                .filter(n -> name(n).equals(metadata.text("normalisation")))
                .findFirst()
                .orElseThrow(() -> metadata.wrong("normalisation", "one that is known")));
        draft.normFactor(options.normFactor());
        NAMES.forEach((part, name) -> {
            if (files.has(name)
                    && takesPart(
                            part, draft.activation().kind(), draft.normalisation(), draft.subtractsDecoderBias())) {
                draft.take(part, name, part == Part.DECODER);
            } else if (files.has(name)) {
                draft.withoutEffect(Pattern.compile(name));
                draft.warn(name + " is not used: the metadata describe a computation without it");
            }
        });
        draft.model(metadata.text("model"));
        draft.hook(HookPoint.parse(metadata.text("hook")));
        draft.hookOut(HookPoint.parse(metadata.text("hook_out")));
        return draft;
    }

    /** Whether the computation that the metadata describe has a place for a part. */
    private static boolean takesPart(
            Part part, Activation.Kind kind, InputNormalisation normalisation, boolean subtractsDecoderBias) {
        return switch (part) {
            case THRESHOLD -> kind == Activation.Kind.JUMPRELU;
            case MAGNITUDE_ENCODER, MAGNITUDE_SCALE, MAGNITUDE_BIAS -> kind == Activation.Kind.GATED;
            case MEAN -> normalisation == InputNormalisation.STORED_MEAN;
            case INPUT_BIAS -> !subtractsDecoderBias;
            default -> true;
        };
    }

    private static Heads heads(Metadata metadata, boolean sameWidth) {
        boolean joins = metadata.flag("joins_heads");
        if (metadata.number("head").isEmpty()) {
            return joins ? new Heads.Joined() : new Heads.Unstated();
        }
        int head = (int) metadata.number("head").getAsDouble();
        if (head < 0 || joins || !sameWidth || !metadata.text("hook_out").isEmpty()) {
            throw metadata.wrong("head", "0 or more, of an autoencoder of one head");
        }
        return new Heads.One(head);
    }

    private static void activation(CheckpointFiles files, Metadata metadata, SaeDraft draft) {
        String activation = metadata.text("activation");
        boolean byDecoderNorm = activation.endsWith(BY_DECODER_NORM);
        draft.activation().chosenByDecoderNorm(byDecoderNorm);
        draft.activation()
                .is(Activation.Kind.of(
                                byDecoderNorm
                                        ? activation.substring(0, activation.length() - BY_DECODER_NORM.length())
                                        : activation)
                        .orElseThrow(() -> metadata.wrong(
                                "activation",
                                "one of "
                                        + Arrays.stream(Activation.Kind.values())
                                                .map(Activation.Kind::label)
                                                .collect(Collectors.joining(", ")))));
        List<String> needed =
                switch (draft.activation().kind()) {
                    case GATED -> List.of("b_enc", files.has("W_mag") ? "W_mag" : "r_mag", "b_mag");
                    case JUMPRELU -> List.of("threshold");
                    default -> List.of();
                };
        needed.stream().filter(name -> !files.has(name)).findFirst().ifPresent(name -> {
            throw files.refused(
                    "there is no tensor " + name,
                    "one, because the activation function is "
                            + draft.activation().kind().label());
        });
        draft.activation().topKRelu(metadata.flag("topk_relu"));
        draft.activation().topKByDecoderNorm(metadata.flag("topk_by_decoder_norm"));
        draft.activation()
                .k(
                        "the metadata",
                        metadata.number("k").isPresent()
                                ? OptionalInt.of((int) metadata.number("k").getAsDouble())
                                : OptionalInt.empty());
        draft.activation().threshold(metadata.number("threshold"));
        draft.activation()
                .residualThreshold(metadata.number("residual_threshold").orElse(0));
    }

    /** @throws loupe.base.CheckpointException if the file cannot be written */
    static void write(Path path, SaeConfig config, HostWeights weights) {
        WeightShapes.check(config, weights);
        Activation activation = config.activation();
        SafetensorsWriter writer = new SafetensorsWriter();
        NAMES.forEach((part, name) -> {
            boolean takes = takesPart(
                    part,
                    activation.kind(),
                    config.normalisation(),
                    config.reading().subtractsDecoderBias());
            if (!weights.has(part) || !takes) {
                return;
            }
            if (part == Part.ENCODER
                    || part == Part.MAGNITUDE_ENCODER
                    || part == Part.DECODER
                    || part == Part.LOOKUP
                    || part == Part.SKIP) {
                SaeWriter.matrix(
                        writer::add, name, weights, part, part != Part.ENCODER && part != Part.MAGNITUDE_ENCODER);
            } else {
                writer.add(name, SaeWriter.vector(weights, part));
            }
        });
        writer.metadata(VERSION, "1")
                .metadata(
                        "loupe.activation",
                        activation.label()
                                + (activation instanceof Activation.TopKByDecoderNorm ? BY_DECODER_NORM : ""));
        if (activation instanceof Activation.TopK topK) {
            writer.metadata("loupe.k", Integer.toString(topK.k()))
                    .metadata("loupe.topk_relu", Boolean.toString(topK.relu()))
                    .metadata("loupe.topk_by_decoder_norm", Boolean.toString(topK.byDecoderNorm()));
        } else if (activation instanceof Activation.BatchTopK batch) {
            writer.metadata("loupe.k", Integer.toString(batch.k()));
            batch.threshold().ifPresent(threshold -> writer.metadata("loupe.threshold", Double.toString(threshold)));
        } else if (activation instanceof Activation.TopKByDecoderNorm byNorm) {
            writer.metadata("loupe.k", Integer.toString(byNorm.k()));
        } else if (activation instanceof Activation.GroupMax groups) {
            writer.metadata("loupe.k", Integer.toString(groups.k()));
        } else if (activation instanceof Activation.SignedTopK signed) {
            writer.metadata("loupe.k", Integer.toString(signed.k()))
                    .metadata("loupe.topk_by_decoder_norm", Boolean.toString(signed.byDecoderNorm()));
        } else if (activation instanceof Activation.MatchingPursuit pursuit) {
            writer.metadata("loupe.residual_threshold", Double.toString(pursuit.residualThreshold()));
        }
        config.head().ifPresent(head -> writer.metadata("loupe.head", Integer.toString(head)));
        writer.metadata(
                        "loupe.subtract_b_dec",
                        Boolean.toString(config.reading().subtractsDecoderBias()))
                .metadata("loupe.normalisation", name(config.normalisation()))
                .metadata("loupe.joins_heads", Boolean.toString(config.reading().heads() instanceof Heads.Joined))
                .metadata("loupe.transcodes", Boolean.toString(config.transcodes()))
                .metadata("loupe.centred", Boolean.toString(config.trained().centred()))
                .metadata("loupe.model", config.trained().model())
                .metadata("loupe.hook", config.hook().map(HookPoint::name).orElse(""))
                .metadata(
                        "loupe.hook_out", config.hookOut().map(HookPoint::name).orElse(""))
                .metadata("loupe.saved_from", config.format());
        writer.write(path);
    }

    private static String name(InputNormalisation normalisation) {
        return normalisation.name().toLowerCase(Locale.ROOT);
    }

    /** The metadata of the file, checked as they are read. */
    private record Metadata(CheckpointFiles files) {
        String text(String key) {
            return files.archive().values().get("loupe." + key) instanceof String text ? text : "";
        }

        boolean flag(String key) {
            return text(key).equals("true");
        }

        OptionalDouble number(String key) {
            try {
                return text(key).isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(text(key)));
            } catch (NumberFormatException e) {
                throw wrong(key, "a number");
            }
        }

        RuntimeException wrong(String key, String expected) {
            return files.refused("the metadata say loupe." + key + " " + text(key), expected);
        }
    }
}

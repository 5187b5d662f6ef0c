package loupe.sae.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.StoredDirections;
import loupe.sae.checkpoint.StoredParts.Source;
import loupe.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * What to know about a checkpoint before its numbers are compared with anything: plain sentences, found from its files
 * alone, each with what can be done about it. Reads encoder and decoder once, in pieces, whatever their size. For the
 * file pool.
 */
public final class SaeAudit {
    /** The topic of the finding on whether it is shown activations of processed weights. */
    public static final String CENTRING = "Centring";

    private static final double UNIT = 1e-3;

    private static final String STAYS = "output stays as it is, as in SAELens: a transcoder writes into another space "
            + "than that whose mean and norm these are";

    private final SaeFile file;
    private final SaeDraft draft;
    private final SaeOptions options;
    private final List<Finding> findings = new ArrayList<>();

    private SaeAudit(SaeFile file) {
        this.file = file;
        this.draft = file.draft();
        this.options = file.options();
    }

    /**
     * One finding about a checkpoint.
     *
     * @param topic in a word or two, such as {@code decoder norms}
     * @param sentence without its full stop
     */
    public record Finding(String topic, String sentence, Optional<Remedy> remedy) {}

    /**
     * Another way to read the checkpoint.
     *
     * @param label for a button
     * @param options to open it with
     */
    public record Remedy(String label, SaeOptions options) {}

    /**
     * What a checkpoint's weights and settings tell about it.
     *
     * @throws loupe.base.CheckpointException if the file has changed or cannot be read any more
     */
    public static List<Finding> of(SaeFile file, Cancellation cancellation) {
        SaeAudit audit = new SaeAudit(file);
        try (CheckpointFiles files = CheckpointFiles.open(file.path())) {
            file.draft().check(files);
            Source source = audit.source(Part.DECODER);
            StoredDirections decoder = StoredDirections.of(source.of(files), source.featuresInRows(), cancellation);
            audit.decoderNorms(decoder);
            audit.agreement(decoder, files, cancellation);
            audit.decoderBias(files, cancellation);
            audit.normalisation();
            audit.beginning();
            audit.centring();
            audit.types(files);
            audit.featureScale();
            audit.side(files);
            audit.crossLayer();
        }
        return List.copyOf(audit.findings);
    }

    private void decoderNorms(StoredDirections decoder) {
        double[] norms = decoder.squares().clone();
        Arrays.setAll(norms, i -> Math.sqrt(norms[i]));
        Arrays.sort(norms);
        double median = norms[norms.length / 2];
        boolean unit = norms[norms.length - 1] < 1 + UNIT && norms[0] > 1 - UNIT;
        String topic = "Decoder norms";
        if (unit) {
            add(
                    topic,
                    "The decoder directions are unit vectors, so the activations of different features can be compared",
                    null);
            return;
        }
        String range = "The decoder norms go from " + number(norms[0]) + " to " + number(norms[norms.length - 1])
                + " (median " + number(median) + ")";
        if (draft.hasUnitDecoder()) {
            add(
                    topic,
                    range + " in the file; on loading the directions are made unit vectors, as its library does",
                    null);
        } else if (draft.hasFoldedDecoder()) {
            add(
                    topic,
                    range + " in the file; on loading they are folded into the encoder, as SAELens does when it saves "
                            + "such a checkpoint for use",
                    null);
        } else if (options.fold()) {
            add(
                    topic,
                    range + " in the file and are folded into the encoder as asked",
                    new Remedy("Leave the norms as stored", options.withFold(false)));
        } else if (file.canFold()) {
            add(
                    topic,
                    range
                            + " and are not folded into the encoder: equal activations of two features do not write "
                            + "equally much",
                    new Remedy("Fold the norms", options.withFold(true)));
        } else {
            add(
                    topic,
                    range
                            + ": equal activations of two features do not write equally much. Folding them would make "
                            + "it choose other features",
                    null);
        }
    }

    /** Encoder and decoder directions of live features go together; those of transposed or permuted weights do not. */
    private void agreement(StoredDirections decoder, CheckpointFiles files, Cancellation cancellation) {
        if (draft.transcodes()) {
            return;
        }
        Source source = source(Part.ENCODER);
        StoredDirections encoder = StoredDirections.of(source.of(files), source.featuresInRows(), cancellation);
        double mean = encoder.meanCosine(decoder);
        int count = decoder.samples().length;
        boolean byChance = Math.abs(mean) < 4 / Math.sqrt((double) count * draft.dIn());
        String found = "The encoder and decoder directions of a feature have a mean cosine of " + number(mean) + " ("
                + count + " features looked at)";
        add(
                "Directions",
                byChance
                        ? found
                                + ", no more than chance: the weights may be transposed or in another order, or "
                                + "untrained"
                        : found,
                null);
    }

    private void decoderBias(CheckpointFiles files, Cancellation cancellation) {
        Optional<Source> bias = draft.parts().find(Part.DECODER_BIAS);
        if (bias.isEmpty()) {
            add("b_dec", "It has no decoder bias: nothing is added to what its features write", null);
            return;
        }
        double norm = Math.sqrt(Arrays.stream(StoredDirections.of(bias.get().of(files), true, cancellation)
                        .squares())
                .sum());
        boolean subtracts = options.subtractDecoderBias().orElse(draft.subtractsDecoderBias());
        boolean ownSpace = draft.transcodes() || draft.has(Part.INPUT_BIAS);
        if (ownSpace) {
            add(
                    "b_dec",
                    "It is a transcoder: b_dec (norm " + number(norm)
                            + ") is added to what it writes and has nothing to do with what it reads",
                    null);
        } else if (norm == 0) {
            add("b_dec", "b_dec is zero, so it makes no difference whether it is subtracted before encoding", null);
        } else {
            add(
                    "b_dec",
                    "b_dec (norm " + number(norm) + ") is " + (subtracts ? "" : "not ") + "subtracted before encoding",
                    new Remedy(
                            subtracts ? "Do not subtract b_dec" : "Subtract b_dec",
                            options.withSubtractDecoderBias(!subtracts)));
        }
    }

    private void normalisation() {
        add(
                "Input",
                switch (draft.normalisation()) {
                    case NONE -> "Activations are encoded as they are, without normalisation";
                    case CONSTANT_NORM_RESCALE ->
                        "Each activation is scaled to the norm sqrt(d) before encoding, and the "
                                + (draft.transcodes() ? STAYS : "reconstruction back");
                    case LAYER_NORM ->
                        "Each activation is centred and divided by its standard deviation before encoding, and the "
                                + (draft.transcodes() ? STAYS : "reconstruction put back");
                    case STORED_MEAN ->
                        "The mean that the file stores is subtracted from each activation before encoding, and added "
                                + "back to the reconstruction";
                    case EXPECTED_AVERAGE_ONLY_IN ->
                        draft.normFactor().isPresent()
                                ? "Activations are multiplied by "
                                        + number(draft.normFactor().getAsDouble())
                                        + " before encoding; the factor has been put into the weights"
                                : "In training, activations were scaled to an average norm of sqrt(d), but by what "
                                        + "factor is not in the files: it is read as 1, which is"
                                        + " almost certainly wrong. With the model open, the factor can be estimated "
                                        + "from a text";
                },
                draft.normalisation() == InputNormalisation.STORED_MEAN
                        ? new Remedy("Do not subtract the mean", options.withSubtractMean(false))
                        : options.subtractMean().isPresent()
                                ? new Remedy("Subtract the stored mean", options.withSubtractMean(true))
                                : null);
    }

    private void beginning() {
        Optional<Boolean> prepended = flag(draft.settings().get("prepend_bos"));
        if (prepended.isEmpty() && draft.settings().get("metadata") instanceof Map<?, ?> metadata) {
            prepended = flag(metadata.get("prepend_bos"));
        }
        add(
                "Beginning of text",
                file.format().equals("gemma-scope")
                        ? "The activations of the beginning-of-text token were left out of its training"
                        : prepended.isEmpty()
                                ? "The files do not say whether texts began with a beginning-of-text token in training"
                                : prepended.get()
                                        ? "In training, texts began with a beginning-of-text token"
                                        : "In training, texts did not begin with a beginning-of-text token",
                null);
    }

    private void centring() {
        boolean processed = draft.centred(options);
        String how = options.centred().isPresent() ? " as asked for" : "";
        Optional<Site> site = options.hook().or(draft::hook).map(HookPoint::site);
        if (draft.normalisation() == InputNormalisation.LAYER_NORM) {
            add(
                    CENTRING,
                    "Whether the model's activations are centred makes no difference to it, because it centres each "
                            + "of them",
                    null);
        } else if (processed) {
            add(
                    CENTRING,
                    processed(site, how) + ", as in TransformerLens' processed models",
                    new Remedy("Show it raw activations", options.withCentred(false)));
        } else {
            add(
                    CENTRING,
                    "It is shown activations as the model has them" + how + ", not centred",
                    new Remedy("Centre the activations", options.withCentred(true)));
        }
    }

    /** What it is shown at a place if it was trained on processed weights. */
    private static String processed(Optional<Site> at, String how) {
        if (at.isEmpty() || at.get().onResidualStream()) {
            return "It is shown activations less their mean over the dimensions" + how
                    + " (of a model with RMSNorm as they are, because none is centred there)";
        }
        return switch (at.get()) {
            case V, Z -> "It is shown values without their bias" + how;
            case LN1_NORMALIZED, LN2_NORMALIZED, LN_FINAL_NORMALIZED, ATTN_MODULE_IN, MLP_MODULE_IN ->
                "It is shown activations before the gain and bias of their norm" + how;
            default -> "It is shown activations as the model has them" + how + ", which are the same here";
        };
    }

    private void types(CheckpointFiles files) {
        TreeSet<DType> types = new TreeSet<>();
        draft.parts().all().forEach(source -> types.add(source.of(files).dtype()));
        boolean half = types.contains(DType.BF16) || types.contains(DType.F16);
        String names = String.join(" and ", types.stream().map(DType::name).toList());
        add(
                "Stored type",
                "Its tensors are stored in " + names
                        + (half
                                ? ", so they carry a relative rounding error of up to "
                                        + (types.contains(DType.BF16) ? "0.4 %" : "0.05 %")
                                        + ", and are computed with in float32"
                                : types.contains(DType.F64) ? " and computed with in F32" : ""),
                null);
    }

    private void featureScale() {
        String format = file.format();
        boolean scaled =
                draft.normFactor().isPresent() && draft.normalisation() == InputNormalisation.EXPECTED_AVERAGE_ONLY_IN;
        String words = "Feature activations are in the units of the model's activations";
        if (scaled) {
            words = "Feature activations are in units of the scaled input: "
                    + number(draft.normFactor().getAsDouble())
                    + " times those of a tool that works in the model's units";
        } else if (draft.normalisation() == InputNormalisation.LAYER_NORM
                || draft.normalisation() == InputNormalisation.CONSTANT_NORM_RESCALE) {
            words = "Feature activations are in units of the normalised input, the same for activations of any size";
        } else if (draft.hasUnitDecoder() && format.equals(DictionaryLearning.FORMAT)) {
            words = "Feature activations are those of unit decoder directions, as dictionary_learning has them after "
                    + "loading; SAELens would leave them as stored";
        } else if (format.equals(DictionaryLearning.FORMAT)
                && !draft.subtractsDecoderBias()
                && draft.activation().kind() == Activation.Kind.RELU) {
            words = "Feature activations are those of the library's encode(); its forward() reports them times the "
                    + "decoder norms";
        }
        add("Feature scale", words, null);
        if (draft.activation().isSigned()) {
            add(
                    "Sign",
                    "Features can be negative: they are active where they are not 0, and a negative activation writes "
                            + "the opposite of the decoder direction",
                    null);
        }
    }

    private void side(CheckpointFiles files) {
        if (draft.sides() > 1) {
            int other = (draft.side() + 1) % draft.sides();
            add(
                    "Side",
                    "This is side " + draft.side() + " of a crosscoder of " + draft.sides()
                            + " models or layers: what this one alone contributes",
                    new Remedy("Open side " + other, options.withSide(other)));
        }
        if (draft.has(Part.LOOKUP)) {
            add(
                    "Lookup",
                    "A bias for the current token is added to every reconstruction; it has "
                            + source(Part.LOOKUP).of(files).shape().get(0)
                            + " rows, one for each token of the tokenizer it was trained with",
                    null);
        }
    }

    private void crossLayer() {
        draft.crossLayer().ifPresent(part -> {
            List<Integer> targets = part.targets();
            int first = targets.get(0);
            int last = targets.get(targets.size() - 1);
            OptionalInt next = part.target().isEmpty()
                    ? OptionalInt.of(first)
                    : part.target().getAsInt() == last
                            ? OptionalInt.empty()
                            : OptionalInt.of(part.target().getAsInt() + 1);
            String features =
                    "These are the features of layer " + part.layer() + " of a cross-layer transcoder, which ";
            if (targets.size() == 1) {
                add("Layers", features + "write to layer " + first + " only", null);
                return;
            }
            add(
                    "Layers",
                    features + "write to the layers " + first + " to " + last + "; shown is "
                            + (part.target().isEmpty()
                                    ? "what they write to all of them, added up"
                                    : "what they write to layer "
                                            + part.target().getAsInt()),
                    new Remedy(
                            next.isPresent()
                                    ? "Show what they write to layer " + next.getAsInt()
                                    : "Add up what they write to all layers",
                            options.change().side(next).build()));
        });
    }

    private Source source(Part part) {
        return draft.parts().find(part).orElseThrow();
    }

    private void add(String topic, String sentence, @Nullable Remedy remedy) {
        findings.add(new Finding(topic, sentence, Optional.ofNullable(remedy)));
    }

    private static Optional<Boolean> flag(@Nullable Object value) {
        return value instanceof Boolean flag ? Optional.of(flag) : Optional.empty();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }
}

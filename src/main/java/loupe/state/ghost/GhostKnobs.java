package loupe.state.ghost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.DoubleProperty;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.Property;
import javafx.beans.property.StringProperty;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.NullDivergence;
import loupe.analysis.ghost.TreeLimits;
import loupe.analysis.ghost.TreeSteering;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/**
 * The knobs of the ghost, each listed once, in the order in which the window shows them. Undo, reset, the session,
 * captions and the sliders go through {@link #ALL}, so that a new one needs a line here and nothing else.
 */
public final class GhostKnobs {
    /** How many of the first principal components can have a weight. */
    public static final int MOST_COMPONENTS = 8;
    /** The position of the fold control that folds nothing, in nats. */
    public static final double FOLDS_NOTHING = -3;

    private static final double WEIGHT_STEP = 0.01;
    private static final double STEERING_STEP = 0.1;

    private static final List<Knob<?, ?>> LISTED = new ArrayList<>();

    /** How much of the direction is the encoder's: 1 is the encoder, 0 the decoder direction. */
    public static final Knob<Number, DoubleProperty> ENCODER_MIX = listed(Knob.number(
                    "encoderMix",
                    1,
                    KnobSlider.linear(
                            "Encoder share",
                            "",
                            "A in A e + (1 - A) d: 1 is the encoder, 0 the decoder direction",
                            0,
                            1,
                            0.01,
                            0.1))
            .captioned((share, model, sae) -> share.doubleValue() == 1
                    ? ", encoder"
                    : share.doubleValue() == 0 ? ", decoder" : ", encoder share " + share));

    /** How far the ghost stands from the centroid, in units of the open model's embedding. */
    public static final Knob<Number, DoubleProperty> SCALE =
            listed(Knob.scale("scale").captioned((scale, model, sae) -> ", scale " + scale));

    /** Encoder shares at which scales are tried, of which the best pair is proposed; none tries the chosen share. */
    public static final Knob<List<Double>, ObjectProperty<List<Double>>> TRIED_MIXES = listed(Knob.<List<Double>>of(
            "triedMixes",
            List.of(),
            List::copyOf,
            new Knob.Spelling<>(GhostKnobs::written, line -> line.isEmpty() ? List.of() : mixes(line))));

    /** Whether the mean of all token embeddings is added. */
    public static final Knob<Boolean, BooleanProperty> CENTROID = listed(Knob.flag("centroid", true)
            .captioned((centroid, model, sae) -> centroid ? " from the centroid" : " from the origin"));

    /** Weights of the embedding's first principal components, as many as are offered. */
    public static final Knob<List<Double>, ObjectProperty<List<Double>>> PCA = listed(Knob.of(
                    "pca",
                    List.of(0.0),
                    weights -> weights.stream()
                            .map(weight -> Knob.rounded(weight, WEIGHT_STEP))
                            .toList(),
                    new Knob.Spelling<>(GhostKnobs::written, GhostKnobs::weights))
            .onceCalled("ghost.pc1")
            .captioned((weights, model, sae) -> caption(weights)));

    /** How the token list measures nearness to the ghost. */
    public static final Knob<TokenMetric, ObjectProperty<TokenMetric>> METRIC =
            listed(Knob.choice("metric", TokenMetric.RATIO));

    /** Exponent of the token list's ratio. */
    public static final Knob<Number, DoubleProperty> EXPONENT = listed(Knob.number(
            "exponent",
            TokenListSettings.DEFAULT_EXPONENT,
            KnobSlider.linear(
                    "Exponent m",
                    "",
                    "m in (1 - cos(ghost, token))^m / (1 - cos(centroid, token)), the token list's score",
                    0,
                    5,
                    0.025,
                    0.25)));

    /** The prompt before the definition, with {@code {ghost}} in the ghost's place. */
    public static final Knob<String, StringProperty> PROMPT = listed(
            Knob.text("prompt", GhostPrompt.DEFAULT_TEXT).captioned((prompt, model, sae) -> ", prompt " + prompt));

    /** Whether the token for the beginning of text comes before the prompt. */
    public static final Knob<Tokenizer.Beginning, ObjectProperty<Tokenizer.Beginning>> BEGINNING =
            listed(Knob.choice("beginning", Tokenizer.Beginning.AUTO));

    /** The prompt in token ids instead; empty while the text is used. */
    public static final Knob<Optional<GhostPrompt>, ObjectProperty<Optional<GhostPrompt>>> PROMPT_IDS =
            listed(Knob.<Optional<GhostPrompt>>of(
                            "promptIds",
                            Optional.empty(),
                            ids -> ids,
                            new Knob.Spelling<>(
                                    ids -> ids.map(GhostPrompt::idText).orElse(""),
                                    line -> line.isEmpty() ? Optional.empty() : Optional.of(GhostPrompt.ofIds(line))))
                    .captioned((ids, model, sae) -> ids.map(prompt -> ", prompt of tokens " + prompt.idText())
                            .orElse("")));

    /** The verbaliser that brings prompt and norm instead; empty for none. */
    public static final Knob<Optional<ChosenVerbaliser>, ObjectProperty<Optional<ChosenVerbaliser>>> VERBALISER =
            listed(Knob.<Optional<ChosenVerbaliser>>of(
                            "verbaliser",
                            Optional.empty(),
                            chosen -> chosen,
                            new Knob.Spelling<>(ChosenVerbaliser::written, ChosenVerbaliser::read))
                    .captioned((chosen, model, sae) -> chosen.map(one -> ", norm "
                                    + one.verbaliser().norm() + " from the origin, prompt "
                                    + one.verbaliser().prompt())
                            .orElse("")));

    /** Cumulative probability below which the tree shows no node. */
    public static final Knob<Number, DoubleProperty> CUTOFF = listed(Knob.number(
                    "cutoff",
                    TreeLimits.DEFAULT.cutoff(),
                    KnobSlider.logarithmic(
                            "Cutoff",
                            "",
                            "Cumulative probability below which the tree shows no node",
                            1e-7,
                            1e-1,
                            0.1,
                            0.5))
            .captioned((cutoff, model, sae) -> ", cutoff " + cutoff));

    /** Children of a node of the tree at most. */
    public static final Knob<Number, IntegerProperty> TOP_K = listed(Knob.whole(
                    "topK",
                    TreeLimits.DEFAULT.topK(),
                    KnobSlider.linear("Top k", "", "Most children a node of the tree may have", 1, 20, 1, 5))
            .captioned((most, model, sae) -> ", top " + most));

    /** Longest path of the tree, in tokens. */
    public static final Knob<Number, IntegerProperty> DEPTH = listed(Knob.whole(
                    "depth",
                    TreeLimits.DEFAULT.maxDepth(),
                    KnobSlider.linear("Depth", "tokens", "Longest path of the tree", 1, 60, 1, 5))
            .captioned((depth, model, sae) -> ", depth " + depth));

    /** Whether the tree goes on after a token that ends a text, into the text that would follow. */
    public static final Knob<Boolean, BooleanProperty> PAST_END =
            listed(Knob.flag("pastEnd", false).captioned((past, model, sae) -> past ? ", past the end of text" : ""));

    /** A token whose logit is removed while trees grow; empty for none. */
    public static final Knob<Optional<Integer>, ObjectProperty<Optional<Integer>>> MASK_ID =
            listed(Knob.<Optional<Integer>>of(
                            "maskId",
                            Optional.empty(),
                            id -> id,
                            new Knob.Spelling<>(id -> id.map(Object::toString).orElse(""), GhostKnobs::tokenId))
                    .captioned((id, model, sae) ->
                            id.map(token -> ", without token " + token).orElse("")));

    /** How many random directions a tree's divergence from its baseline is compared with. */
    public static final Knob<Number, IntegerProperty> NULL_DRAWS = listed(Knob.whole(
                    "nullDraws",
                    NullDivergence.DEFAULT_DRAWS,
                    KnobSlider.linear(
                            "Random directions",
                            "",
                            "How many random directions the divergence from the baseline is compared with",
                            2,
                            NullDivergence.MOST_DRAWS,
                            1,
                            16))
            .elsewhere());

    /** Log ratio to the baseline, in nats, below which the tree's branches are folded. */
    public static final Knob<Number, DoubleProperty> FOLD_UNDER = listed(Knob.number(
                    "foldUnder",
                    FOLDS_NOTHING,
                    KnobSlider.linear(
                            "Fold below",
                            "nats",
                            "Fold branches whose log-likelihood ratio to the baseline is below this (nats). Leftmost: "
                                    + "fade only",
                            FOLDS_NOTHING,
                            7,
                            0.1,
                            1))
            .elsewhere());

    /** Which tokens the token lists may contain. */
    public static final Knob<TokenFilter, ObjectProperty<TokenFilter>> FILTER = listed(Knob.of(
            "filter",
            TokenFilter.NONE,
            filter -> filter,
            new Knob.Spelling<>(RememberedValues::of, RememberedValues::filter)));

    /** The steering of the residual stream while trees grow. */
    public static final Knob<SteeringValues, ObjectProperty<SteeringValues>> STEERING = listed(Knob.of(
                    "steering",
                    SteeringValues.NONE,
                    steering -> steering.withCoefficient(Knob.rounded(steering.coefficient(), STEERING_STEP)),
                    new Knob.Spelling<>(RememberedValues::of, RememberedValues::steering))
            .captioned(GhostKnobs::caption));

    /** Every knob, in the order above. */
    public static final List<Knob<?, ?>> ALL = List.copyOf(LISTED);

    private GhostKnobs() {}

    /** The slider of a principal component's weight, from 0. */
    public static KnobSlider weight(int component) {
        int number = component + 1;
        return KnobSlider.linear(
                "PC " + number + " weight",
                "",
                "Weight w" + number + " of the embedding's principal component " + number
                        + ": u = (1 - sum of w) f + sum of w p",
                -1,
                1,
                WEIGHT_STEP,
                0.1);
    }

    private static <T, P extends Property<T>> Knob<T, P> listed(Knob<T, P> knob) {
        LISTED.add(knob);
        return knob;
    }

    /**
     * Shares of the encoder with commas or spaces between them, such as {@code 0, 0.5, 1}.
     *
     * @throws IllegalArgumentException if that is not what the line has
     */
    public static List<Double> mixes(String line) {
        List<Double> mixes = Arrays.stream(line.strip().split("[,\\s]+"))
                .map(Double::valueOf)
                .distinct()
                .toList();
        for (double mix : mixes) {
            if (!(mix >= 0 && mix <= 1)) {
                throw new IllegalArgumentException("the encoder share is " + mix + ", must be from 0 to 1");
            }
        }
        return mixes;
    }

    private static Optional<Integer> tokenId(String line) {
        if (line.isEmpty()) {
            return Optional.empty();
        }
        int id = Integer.parseInt(line);
        if (id < 0) {
            throw new IllegalArgumentException("the token id is " + id + ", must be 0 or more");
        }
        return Optional.of(id);
    }

    private static String written(List<Double> weights) {
        return weights.stream().map(weight -> Double.toString(weight)).collect(Collectors.joining(","));
    }

    private static List<Double> weights(String line) {
        List<Double> weights = Arrays.stream(line.split(","))
                .limit(MOST_COMPONENTS)
                .map(Double::valueOf)
                .toList();
        for (double weight : weights) {
            if (!(Math.abs(weight) <= 1)) {
                throw new IllegalArgumentException("weight is " + weight + ", must be from -1 to 1");
            }
        }
        return weights;
    }

    private static String caption(List<Double> weights) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < weights.size(); i++) {
            if (weights.get(i) != 0) {
                text.append(", PC ").append(i + 1).append(" weight ").append(weights.get(i));
            }
        }
        return text.toString();
    }

    private static String caption(SteeringValues steering, @Nullable OpenModel model, @Nullable OpenSae sae) {
        return !steering.isOn() || model == null || sae == null
                ? ""
                : (steering.kind() == TreeSteering.Kind.CLAMP ? ", clamped to " : ", steered by ")
                        + steering.coefficient() + " at layer " + steering.layerIn(model, sae)
                        + (steering.ghost() ? "" : " alone");
    }
}

package loupe.index;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.analysis.prompts.TokenRows;
import loupe.base.CheckpointException;
import loupe.sae.SparseFeatures;
import org.jspecify.annotations.Nullable;

/**
 * What was counted of a corpus, finished or not: the activations of any feature, and the texts around them.
 * Thread-safe.
 */
public abstract sealed class CountedActivations implements AutoCloseable permits ActivationIndex, ActivationsSoFar {
    private static final int ASK_FOR_MORE = 3;
    private static final int CONTEXTS_AT_ONCE = 64;
    private static final int MOST_ASKED = 1_000;
    private static final int TOP_FOR_IDS = 100;
    private static final int NEAR_MISSES_AT_ONCE = 64;

    /** What was counted and how, and how many tokens of it. */
    public abstract IndexInfo info();

    /**
     * Every activation of one feature.
     *
     * @param sae the autoencoder's place in {@link IndexInfo#saes}
     * @throws IllegalArgumentException if there is no such feature
     */
    public abstract FeatureActivations activations(int sae, int feature);

    /** At least these contexts, by number; those that are not there are missing. */
    abstract Map<Integer, ContextTexts.Text> texts(int[] contexts);

    /** For each id the running numbers of the counted tokens that have it, ascending. */
    abstract List<int[]> tokensWith(int[] ids);

    /** The refusal of files that cannot be read. */
    abstract CheckpointException damaged(String reason, @Nullable Exception cause);

    @Override
    public abstract void close();

    final void requireFeature(int sae, int feature) {
        if (feature < 0 || feature >= info().saes().get(sae).features()) {
            throw new IllegalArgumentException("feature is " + feature + ", the dictionary has "
                    + info().saes().get(sae).features());
        }
    }

    /**
     * The text around chosen activations.
     *
     * @param chosen indices into {@code activations}, as {@link Examples} gives them
     * @param before tokens shown before the focus token, as far as its document and context reach
     * @param after tokens shown after it, in the same way
     */
    public final List<Example> examples(FeatureActivations activations, int[] chosen, int before, int after) {
        return around(
                activations,
                Arrays.stream(chosen).map(i -> activations.tokens()[i]).toArray(),
                before,
                after);
    }

    /**
     * The text around chosen activations, each text once: of examples that show the same tokens the first is kept.
     *
     * @param choose returns the best n indices into {@code activations}; called with a larger n where texts repeat
     * @param count examples wanted
     */
    public final List<Example> distinct(
            FeatureActivations activations, IntFunction<int[]> choose, int count, int before, int after) {
        for (int wanted = count; ; wanted *= ASK_FOR_MORE) {
            int[] chosen = choose.apply(wanted);
            List<Example> distinct = Examples.distinct(examples(activations, chosen, before, after));
            if (distinct.size() >= count || chosen.length < wanted || wanted > MOST_ASKED) {
                return distinct.subList(0, Math.min(count, distinct.size()));
            }
        }
    }

    /**
     * Texts in which the feature is silent although they have a token at which it is active elsewhere: tokens with the
     * id of one of the {@value #TOP_FOR_IDS} strongest activations, where it is active nowhere in what is shown around
     * them. Ids take turns, the one of the strongest activation first; tokens of an id are drawn at random; each text
     * once. Definition: {@code src/site/markdown/methods.md}, section 5.
     *
     * @param apart the least distance between two of them, in tokens
     */
    public final List<Example> nearMisses(
            FeatureActivations activations, int count, int apart, int before, int after, long seed) {
        List<Example> top = examples(activations, Examples.top(activations, TOP_FOR_IDS, 1), 0, 0);
        int[] ids = top.stream()
                .mapToInt(example -> example.ids()[example.focus()])
                .distinct()
                .toArray();
        int[] order = Examples.inTurn(tokensWith(ids), activations, new Random(seed));
        List<Example> found = new ArrayList<>();
        for (int from = 0; from < order.length && found.size() < count; from += NEAR_MISSES_AT_ONCE) {
            int[] next = Arrays.copyOfRange(order, from, Math.min(order.length, from + NEAR_MISSES_AT_ONCE));
            around(activations, next, before, after).stream()
                    .filter(Example::isSilent)
                    .filter(example ->
                            found.stream().allMatch(other -> Math.abs(other.token() - example.token()) >= apart))
                    .forEach(found::add);
            List<Example> distinct = Examples.distinct(found);
            found.clear();
            found.addAll(distinct);
        }
        return List.copyOf(found.subList(0, Math.min(count, found.size())));
    }

    /**
     * At how many places of some tokens a feature is active.
     *
     * @param ids of the tokens
     * @return for each the places of the corpus at which it is active, and all its places
     */
    public final List<int[]> activePlaces(FeatureActivations activations, int... ids) {
        return tokensWith(ids).stream()
                .map(places -> new int[] {
                    (int) Arrays.stream(places)
                            .filter(token -> SparseFeatures.isActive(activations.at(token)))
                            .count(),
                    places.length
                })
                .toList();
    }

    /**
     * What the model has read at a token: the token ids of its document, or of its context if documents run on, from
     * the beginning up to the token itself.
     */
    public final int[] upTo(int token) {
        ContextTexts.Text text = text(token / info().contextLength());
        int place = token % info().contextLength();
        int first = place - info().documents().position(text.documents(), place);
        return Arrays.copyOfRange(text.ids(), first, place + 1);
    }

    /**
     * The beginning of the corpus as the model read it.
     *
     * @param most tokens, of which there may be fewer
     */
    public final TokenRows beginning(long most) {
        List<Contexts.Context> found = new ArrayList<>();
        long left = most;
        for (int first = 0; left > 0; first += CONTEXTS_AT_ONCE) {
            int[] numbers = IntStream.range(first, first + CONTEXTS_AT_ONCE).toArray();
            Map<Integer, ContextTexts.Text> read = texts(numbers);
            for (int number : numbers) {
                ContextTexts.Text text = read.get(number);
                if (text == null || left <= 0) {
                    return info().documents().rows(found);
                }
                int length = (int) Math.min(left, text.ids().length);
                found.add(new Contexts.Context(
                        Arrays.copyOf(text.ids(), length), Arrays.copyOf(text.documents(), length)));
                left -= length;
            }
        }
        return info().documents().rows(found);
    }

    final ContextTexts.Text text(int context) {
        return textOf(context, texts(new int[] {context}));
    }

    final ContextTexts.Text textOf(int context, Map<Integer, ContextTexts.Text> read) {
        ContextTexts.Text text = read.get(context);
        if (text == null
                || text.ids().length > info().contextLength()
                || text.documents().length != text.ids().length) {
            throw damaged("context " + context + " is not there, or not whole", null);
        }
        return text;
    }

    /** The text around tokens. */
    private List<Example> around(FeatureActivations activations, int[] tokens, int before, int after) {
        int length = info().contextLength();
        Map<Integer, ContextTexts.Text> contexts = texts(
                Arrays.stream(tokens).map(token -> token / length).distinct().toArray());
        return Arrays.stream(tokens)
                .mapToObj(token -> {
                    ContextTexts.Text text = textOf(token / length, contexts);
                    int[] ids = text.ids();
                    int[] documents = text.documents();
                    int position = token % length;
                    int[] reach = reach(text, token, before, after);
                    int from = reach[0];
                    int to = reach[1];
                    float[] values = new float[to - from];
                    for (int p = from; p < to; p++) {
                        values[p - from] = activations.at(token - position + p);
                    }
                    return new Example(
                            Arrays.copyOfRange(ids, from, to),
                            values,
                            position - from,
                            documents[position],
                            token,
                            info().documents().position(documents, position));
                })
                .collect(Collectors.toList());
    }

    /** From where to where, excluded, the text around a token reaches in its context. */
    final int[] reach(ContextTexts.Text text, int token, int before, int after) {
        int[] documents = text.documents();
        int position = token % info().contextLength();
        if (position >= text.ids().length) {
            throw damaged("there is no token " + token, null);
        }
        int from = position;
        int to = position + 1;
        while (from > 0 && position - from < before && documents[from - 1] == documents[position]) {
            from--;
        }
        while (to < text.ids().length && to - position <= after && documents[to] == documents[position]) {
            to++;
        }
        return new int[] {from, to};
    }
}

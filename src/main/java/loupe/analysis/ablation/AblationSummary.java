package loupe.analysis.ablation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import loupe.analysis.WilsonInterval;
import loupe.analysis.effects.Bootstrap;

/**
 * What ablated texts of a feature's examples have in common. Every share is a part of the activation at the example's
 * last token that is lost: 1 if nothing is left, negative if a token holds the feature down. Examples without an
 * activation do not count.
 *
 * @param examples that count
 * @param distances by how many tokens before the last one a token stands, 0 first; 0 only if tokens are replaced
 * @param lengths by the length of spans before the last token, 1 first: the largest share that one of that length takes
 *     from an example; none if pairs are ablated
 * @param alone examples in which one token before the last takes more than half
 * @param together examples in which two tokens before the last take more than half, neither of which does alone; empty
 *     unless pairs are ablated
 * @param tokens that matter, those first that take most from all examples together
 * @param pairs of distances; none unless pairs are ablated
 * @param spans by their length and first token; none if pairs are ablated
 */
public record AblationSummary(
        int examples,
        List<Part> distances,
        List<Part> lengths,
        Count alone,
        Optional<Count> together,
        List<OfToken> tokens,
        List<OfPair> pairs,
        List<OfSpan> spans) {
    /** What counts as most of an activation. */
    public static final double HALF = 0.5;

    /**
     * Shares that are lost at one distance or length.
     *
     * @param number the distance or length
     * @param share mean over the examples that have it, with the interval of the seeded bootstrap
     */
    public record Part(int number, Bootstrap share) {}

    /**
     * How many examples are of a kind.
     *
     * @param interval of their share of all
     */
    public record Count(int count, int of, WilsonInterval interval) {}

    /**
     * A token that was ablated by itself.
     *
     * @param id of the token that stood there
     * @param count how often it stood in the examples
     * @param share mean of what is lost without it
     * @param largest of what is lost without it
     */
    public record OfToken(int id, int count, double share, double largest) {}

    /**
     * Two distances from the last token.
     *
     * @param far the larger distance
     * @param near the smaller one
     * @param count examples that have both
     * @param share mean of what is lost without both
     * @param together mean of how much more that is than what is lost without either alone
     */
    public record OfPair(int far, int near, int count, double share, double together) {}

    /**
     * Spans of one length at one place.
     *
     * @param first how many tokens before the last one its first token stands
     * @param count examples that have it
     * @param share mean of what is lost without it
     */
    public record OfSpan(int length, int first, int count, double share) {}

    /**
     * Sums up the examples that are complete.
     *
     * @param resamples drawings of the bootstrap
     * @param seed of it
     */
    public static AblationSummary of(
            AblatedExamples question, AblatedExamples.Answer answer, int resamples, long seed) {
        boolean ofPairs = question.sets() instanceof TokenSets.Pairs;
        Shares distances = new Shares();
        Shares lengths = new Shares();
        Shares tokens = new Shares();
        Map<Integer, Map<Integer, List<double[]>>> pairs = new TreeMap<>();
        Map<Integer, Shares> spans = new TreeMap<>();
        int examples = 0;
        int alone = 0;
        int together = 0;
        for (int i = 0; i < answer.texts().size(); i++) {
            AblatedText.Answer text = answer.texts().get(i);
            if (text.activation() == 0) {
                continue;
            }
            examples++;
            int last = text.put().length - 1;
            Map<Integer, Double> largest = new TreeMap<>();
            for (int set = 0; set < text.sets().size(); set++) {
                int[] ablated = text.sets().get(set);
                if (ablated.length == 1) {
                    distances.add(last - ablated[0], text.share(set));
                    tokens.add(question.texts().get(i).get(ablated[0]), text.share(set));
                }
                if (ofPairs && ablated.length == 2) {
                    pairs.computeIfAbsent(last - ablated[0], far -> new TreeMap<>())
                            .computeIfAbsent(last - ablated[1], near -> new ArrayList<>())
                            .add(new double[] {
                                text.share(set), text.together(set) / (double) Math.abs(text.activation())
                            });
                    continue;
                }
                spans.computeIfAbsent(ablated.length, length -> new Shares()).add(last - ablated[0], text.share(set));
                if (ablated[ablated.length - 1] < last) {
                    largest.merge(ablated.length, text.share(set), Math::max);
                }
            }
            largest.forEach(lengths::add);
            alone += any(text, set -> text.sets().get(set).length == 1 && takesMost(text, set)) ? 1 : 0;
            together += ofPairs && any(text, set -> isOneForTheOther(text, set)) ? 1 : 0;
        }
        return new AblationSummary(
                examples,
                distances.parts(resamples, seed),
                ofPairs ? List.of() : lengths.parts(resamples, seed),
                count(alone, examples),
                ofPairs ? Optional.of(count(together, examples)) : Optional.empty(),
                tokens.byToken(),
                ofPairs(pairs),
                ofPairs ? List.of() : ofSpans(spans));
    }

    private static boolean any(AblatedText.Answer text, IntPredicate is) {
        return IntStream.range(0, text.sets().size()).anyMatch(is);
    }

    /** Whether a set of tokens before the last takes more than half. */
    private static boolean takesMost(AblatedText.Answer text, int set) {
        int[] tokens = text.sets().get(set);
        return tokens[tokens.length - 1] < text.put().length - 1 && text.share(set) > HALF;
    }

    /** Whether two tokens before the last take more than half, and neither does alone. */
    private static boolean isOneForTheOther(AblatedText.Answer text, int set) {
        int[] tokens = text.sets().get(set);
        return tokens.length == 2
                && takesMost(text, set)
                && Arrays.stream(tokens)
                        .map(token -> text.single(token).orElseThrow())
                        .noneMatch(single -> takesMost(text, single));
    }

    private static Count count(int count, int of) {
        return new Count(count, of, WilsonInterval.of(count, of));
    }

    private static List<OfPair> ofPairs(Map<Integer, Map<Integer, List<double[]>>> pairs) {
        List<OfPair> all = new ArrayList<>();
        pairs.forEach((far, others) -> others.forEach((near, found) -> all.add(new OfPair(
                far,
                near,
                found.size(),
                found.stream().mapToDouble(both -> both[0]).average().orElseThrow(),
                found.stream().mapToDouble(both -> both[1]).average().orElseThrow()))));
        return List.copyOf(all);
    }

    private static List<OfSpan> ofSpans(Map<Integer, Shares> spans) {
        List<OfSpan> all = new ArrayList<>();
        spans.forEach((length, shares) ->
                shares.of.forEach((first, found) -> all.add(new OfSpan(length, first, found.size(), mean(found)))));
        return List.copyOf(all);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /** Shares by a number. */
    private static final class Shares {
        private final Map<Integer, List<Double>> of = new TreeMap<>();

        void add(int number, double share) {
            of.computeIfAbsent(number, none -> new ArrayList<>()).add(share);
        }

        List<Part> parts(int resamples, long seed) {
            return of.entrySet().stream()
                    .map(part -> new Part(part.getKey(), Bootstrap.of(array(part.getValue()), resamples, seed)))
                    .toList();
        }

        List<OfToken> byToken() {
            return of.entrySet().stream()
                    .map(token -> new OfToken(
                            token.getKey(),
                            token.getValue().size(),
                            mean(token.getValue()),
                            Arrays.stream(array(token.getValue())).max().orElseThrow()))
                    .sorted(Comparator.comparingDouble((OfToken token) -> -token.share * token.count)
                            .thenComparingInt(OfToken::id))
                    .toList();
        }

        private static double[] array(List<Double> values) {
            return values.stream().mapToDouble(Double::doubleValue).toArray();
        }
    }
}

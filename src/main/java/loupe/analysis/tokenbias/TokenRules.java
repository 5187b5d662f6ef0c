package loupe.analysis.tokenbias;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the rule that explains best where a feature is active, from the tokens of a corpus alone and without a language
 * model: the current token, a set of tokens, the previous token, pairs of both, a property of the text, tokens that the
 * feature promotes, the cosine with the current token's unigram residual. Each is fitted to one half of the contexts by
 * balanced accuracy; the one that is best on a quarter is taken, or a simpler one that is nearly as good; its score is
 * that on the last quarter.
 */
public final class TokenRules {
    /** A simpler rule is taken if it is at most so much worse. */
    private static final double NEARLY = 0.005;

    private static final int MOST_TOKENS = 1_000;

    private final RuleCorpus corpus;
    private final List<TokenProperty> properties;
    private final long[][] ofProperty;

    public TokenRules(RuleCorpus corpus, List<TokenProperty> properties) {
        this.corpus = corpus;
        this.properties = List.copyOf(properties);
        ofProperty = new long[this.properties.size()][3];
        for (int p = 0; p < ofProperty.length; p++) {
            for (int part = 0; part < 3; part++) {
                int[] counts = corpus.ofCurrent(part);
                ofProperty[p][part] = this.properties.get(p).tokens().stream()
                        .filter(t -> t < counts.length)
                        .mapToLong(t -> counts[t])
                        .sum();
            }
        }
    }

    /**
     * What is known of a feature beside its activations.
     *
     * @param promoted tokens that it promotes, most promoted first; empty if not known
     * @param cosines of its direction with each token's unigram residual; null if not known
     */
    public record Known(int[] promoted, float @Nullable [] cosines) {
        public static final Known NOTHING = new Known(new int[0], null);
    }

    /**
     * The best rule of a feature; empty if it is not active in every part of the corpus.
     *
     * @param active places in the corpus at which the feature is active
     */
    public Optional<TokenRule> best(int[] active, Known known) {
        Fitted fitted = new Fitted(active, known);
        if (!fitted.isActiveEverywhere()) {
            return Optional.empty();
        }
        List<TokenRule> rules = fitted.all();
        double best = rules.stream()
                .mapToDouble(rule -> rule.chosen().balanced())
                .max()
                .orElse(Double.NaN);
        return rules.stream()
                .filter(rule -> rule.chosen().balanced() >= best - NEARLY)
                .min(Comparator.comparing(TokenRule::kind));
    }

    /** All rules of a feature, one of each kind, in the order of their kinds. */
    public List<TokenRule> all(int[] active, Known known) {
        Fitted fitted = new Fitted(active, known);
        return fitted.isActiveEverywhere() ? fitted.all() : List.of();
    }

    /** One feature's activations, counted. */
    private final class Fitted {
        private final Known known;
        private final int[] active;
        private final long[] positives = new long[3];

        Fitted(int[] active, Known known) {
            this.active = active;
            this.known = known;
            for (int place : active) {
                positives[corpus.partAt(place)]++;
            }
        }

        boolean isActiveEverywhere() {
            return IntStream.range(0, 3).allMatch(part -> positives[part] > 0 && positives[part] < corpus.count(part));
        }

        List<TokenRule> all() {
            List<TokenRule> rules = new ArrayList<>();
            Map<Integer, long[]> current = counted(corpus::id);
            List<Integer> set = telling(current, id -> corpus.ofCurrent(RuleCorpus.FIT)[id]);
            if (!set.isEmpty()) {
                rules.add(ofCurrent(TokenRule.Kind.TOKEN, set.subList(0, 1), current));
            }
            bestProperty(current).ifPresent(rules::add);
            if (set.size() > 1) {
                rules.add(ofCurrent(TokenRule.Kind.TOKENS, set, current));
            }
            Map<Integer, long[]> before = counted(corpus::previous);
            List<Integer> previous = telling(before, id -> corpus.ofPrevious(RuleCorpus.FIT)[id]);
            if (!previous.isEmpty()) {
                rules.add(rule(
                        TokenRule.Kind.PREVIOUS,
                        previous,
                        part -> score(part, previous, before, corpus.ofPrevious(part))));
            }
            pairs().ifPresent(rules::add);
            promoted(TokenRule.Kind.PROMOTED, current, corpus::ofCurrent).ifPresent(rules::add);
            promoted(TokenRule.Kind.NEXT, counted(corpus::next), corpus::ofNext).ifPresent(rules::add);
            byCosine(current).ifPresent(rules::add);
            return rules;
        }

        /** For each id the active places of each part at which it stands. */
        private Map<Integer, long[]> counted(java.util.function.IntUnaryOperator id) {
            Map<Integer, long[]> counts = new HashMap<>();
            for (int place : active) {
                int at = id.applyAsInt(place);
                if (at != RuleCorpus.NONE) {
                    counts.computeIfAbsent(at, none -> new long[3])[corpus.partAt(place)]++;
                }
            }
            return counts;
        }

        /** How much a rule gains in balanced accuracy, twice, by also holding where something stands. */
        private double gain(long hits, long all) {
            return (double) hits / positives[RuleCorpus.FIT]
                    - (double) (all - hits) / (corpus.count(RuleCorpus.FIT) - positives[RuleCorpus.FIT]);
        }

        /** The tokens by which balanced accuracy gains, largest gain first. */
        private List<Integer> telling(Map<Integer, long[]> counts, CountOfToken all) {
            Map<Integer, Double> gains = new HashMap<>();
            counts.forEach((id, of) -> {
                double gain = gain(of[RuleCorpus.FIT], all.of(id));
                if (gain > 0) {
                    gains.put(id, gain);
                }
            });
            return largest(gains);
        }

        /** What gains most, largest gain first and the smaller of equals. */
        private static <T extends Comparable<T>> List<T> largest(Map<T, Double> gains) {
            return gains.entrySet().stream()
                    .sorted(Map.Entry.<T, Double>comparingByValue()
                            .reversed()
                            .thenComparing(Map.Entry.comparingByKey()))
                    .limit(MOST_TOKENS)
                    .map(Map.Entry::getKey)
                    .toList();
        }

        private TokenRule ofCurrent(TokenRule.Kind kind, List<Integer> set, Map<Integer, long[]> current) {
            return rule(kind, set, part -> score(part, set, current, corpus.ofCurrent(part)));
        }

        private TokenRule rule(TokenRule.Kind kind, List<Integer> tokens, ScoreOfPart scores) {
            return new TokenRule(
                    kind, tokens, "", Double.NaN, scores.of(RuleCorpus.CHOOSE), scores.of(RuleCorpus.HELD));
        }

        private RuleScore score(int part, List<Integer> set, Map<Integer, long[]> counts, int[] all) {
            long hits = 0;
            long holds = 0;
            for (int id : set) {
                long[] of = counts.get(id);
                hits += of == null ? 0 : of[part];
                holds += all[id];
            }
            return score(part, hits, holds);
        }

        private RuleScore score(int part, long hits, long holds) {
            return new RuleScore(hits, positives[part], holds - hits, corpus.count(part) - positives[part]);
        }

        private Optional<TokenRule> bestProperty(Map<Integer, long[]> current) {
            int best = -1;
            boolean without = false;
            double largest = 0;
            long[][] hits = new long[properties.size()][3];
            for (int p = 0; p < hits.length; p++) {
                BitSet has = properties.get(p).tokens();
                for (Map.Entry<Integer, long[]> of : current.entrySet()) {
                    if (has.get(of.getKey())) {
                        for (int part = 0; part < 3; part++) {
                            hits[p][part] += of.getValue()[part];
                        }
                    }
                }
                double gain = gain(hits[p][RuleCorpus.FIT], ofProperty[p][RuleCorpus.FIT]);
                double size = gain > 0 ? gain : -gain - NEARLY; // a property is simpler than its absence
                if (size > largest) {
                    largest = size;
                    best = p;
                    without = gain < 0;
                }
            }
            if (best < 0) {
                return Optional.empty();
            }
            int chosen = best;
            boolean not = without;
            ScoreOfPart scores = part -> not
                    ? score(part, positives[part] - hits[chosen][part], corpus.count(part) - ofProperty[chosen][part])
                    : score(part, hits[chosen][part], ofProperty[chosen][part]);
            return Optional.of(new TokenRule(
                    TokenRule.Kind.TRAIT,
                    List.of(),
                    (not ? "not: " : "") + properties.get(chosen).name(),
                    Double.NaN,
                    scores.of(RuleCorpus.CHOOSE),
                    scores.of(RuleCorpus.HELD)));
        }

        private Optional<TokenRule> pairs() {
            Map<Long, long[]> counts = new HashMap<>();
            for (int place : active) {
                long pair = corpus.pair(place);
                if (pair != RuleCorpus.NONE) {
                    counts.computeIfAbsent(pair, none -> new long[3])[corpus.partAt(place)]++;
                }
            }
            Map<Long, Double> gains = new HashMap<>();
            counts.forEach((pair, of) -> {
                double gain =
                        of[RuleCorpus.FIT] == 0 ? 0 : gain(of[RuleCorpus.FIT], corpus.ofPair(RuleCorpus.FIT, pair));
                if (gain > 0) {
                    gains.put(pair, gain);
                }
            });
            List<Long> set = largest(gains);
            if (set.isEmpty()) {
                return Optional.empty();
            }
            List<Integer> tokens = new ArrayList<>();
            for (long pair : set) {
                tokens.add((int) (pair / corpus.vocabulary()));
                tokens.add((int) (pair % corpus.vocabulary()));
            }
            return Optional.of(rule(TokenRule.Kind.BIGRAM, tokens, part -> {
                long hits = 0;
                long holds = 0;
                for (long pair : set) {
                    hits += Objects.requireNonNull(counts.get(pair), "pair")[part];
                    holds += corpus.ofPair(part, pair);
                }
                return score(part, hits, holds);
            }));
        }

        /** The first of the promoted tokens, as many as are best. */
        private Optional<TokenRule> promoted(
                TokenRule.Kind kind, Map<Integer, long[]> counts, java.util.function.IntFunction<int[]> all) {
            double sum = 0;
            double best = 0;
            int size = 0;
            for (int i = 0; i < known.promoted.length; i++) {
                int id = known.promoted[i];
                long[] of = counts.get(id);
                sum += gain(of == null ? 0 : of[RuleCorpus.FIT], all.apply(RuleCorpus.FIT)[id]);
                if (sum > best) {
                    best = sum;
                    size = i + 1;
                }
            }
            if (size == 0) {
                return Optional.empty();
            }
            List<Integer> set = IntStream.of(known.promoted).limit(size).boxed().toList();
            return Optional.of(rule(kind, set, part -> score(part, set, counts, all.apply(part))));
        }

        /** Where the cosine with the current token's residual is at least what is best. */
        private Optional<TokenRule> byCosine(Map<Integer, long[]> current) {
            float[] cosines = known.cosines;
            if (cosines == null) {
                return Optional.empty();
            }
            int[] all = corpus.ofCurrent(RuleCorpus.FIT);
            int[] order = IntStream.range(0, Math.min(cosines.length, corpus.vocabulary()))
                    .filter(id -> all[id] > 0)
                    .boxed()
                    .sorted(Comparator.comparingDouble(id -> -cosines[id]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            double sum = 0;
            double best = 0;
            double threshold = Double.NaN;
            for (int id : order) {
                long[] of = current.get(id);
                sum += gain(of == null ? 0 : of[RuleCorpus.FIT], all[id]);
                if (sum > best) {
                    best = sum;
                    threshold = cosines[id];
                }
            }
            if (Double.isNaN(threshold)) {
                return Optional.empty();
            }
            double least = threshold;
            IntPredicate holds = id -> id < cosines.length && cosines[id] >= least;
            ScoreOfPart scores = part -> {
                int[] counts = corpus.ofCurrent(part);
                long hits = 0;
                long sumOf = 0;
                for (int id = 0; id < counts.length; id++) {
                    if (holds.test(id)) {
                        long[] of = current.get(id);
                        hits += of == null ? 0 : of[part];
                        sumOf += counts[id];
                    }
                }
                return score(part, hits, sumOf);
            };
            return Optional.of(new TokenRule(
                    TokenRule.Kind.UNIGRAM,
                    List.of(),
                    "",
                    least,
                    scores.of(RuleCorpus.CHOOSE),
                    scores.of(RuleCorpus.HELD)));
        }
    }

    /** How often a token stands somewhere. */
    private interface CountOfToken {
        long of(int id);
    }

    /** The score of a rule in a part of the corpus. */
    private interface ScoreOfPart {
        RuleScore of(int part);
    }
}

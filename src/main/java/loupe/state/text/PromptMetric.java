package loupe.state.text;

import java.util.List;
import java.util.Optional;
import loupe.analysis.effects.Metric;

/** By what runs on the two prompts are compared. */
public enum PromptMetric {
    /** The logit of the answer less that of the wrong answer. */
    LOGIT_DIFFERENCE(Metric.Kind.LOGIT_DIFFERENCE, "an answer and a wrong answer"),
    /** The log-probability of the answer. */
    LOG_PROBABILITY(Metric.Kind.LOG_PROBABILITY, "an answer"),
    /** How far the prediction is from that of the clean run. */
    DIVERGENCE(Metric.Kind.KL_DIVERGENCE, "nothing");

    private final Metric.Kind kind;
    private final String needs;

    PromptMetric(Metric.Kind kind, String needs) {
        this.kind = kind;
        this.needs = needs;
    }

    /** The metric of the first tokens of the answers; empty if they are not typed. */
    Optional<Metric> of(PromptModel.Read read) {
        List<PromptTokens> answers = List.of(read.answer(), read.wrongAnswer()).subList(0, kind.tokens());
        if (answers.stream().anyMatch(PromptTokens::isEmpty)) {
            return Optional.empty();
        }
        List<Integer> ids = answers.stream().map(answer -> answer.ids().get(0)).toList();
        return Optional.of(new Metric(kind, ids.isEmpty() ? 0 : ids.get(0), ids.size() < 2 ? 0 : ids.get(1)));
    }

    /** What has to be typed for it. */
    String needs() {
        return needs;
    }

    /** Whether attribution by one gradient says anything. */
    public boolean hasGradientAtClean() {
        return kind != Metric.Kind.KL_DIVERGENCE;
    }
}

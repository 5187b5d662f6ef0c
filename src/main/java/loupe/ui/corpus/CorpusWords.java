package loupe.ui.corpus;

import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.index.ActivationsSoFar;
import loupe.index.CorpusMasks;
import loupe.index.FeatureStatistics;
import loupe.index.IndexEstimate;
import loupe.index.IndexInfo;
import loupe.state.corpus.ActivationsModel;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.corpus.CountedShare;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;
import loupe.ui.control.NumberTexts;

/** Sentences about a corpus and how much of it is counted. */
final class CorpusWords {
    /** A checkpoint with more active features at a token makes indexes far larger than its texts. */
    private static final double DENSE = 200;

    private CorpusWords() {}

    /** The paths of a corpus; of several, with how many there are. */
    static String files(CorpusFiles corpus) {
        return corpus.paths().size() == 1 ? corpus.toString() : corpus.name() + ":\n" + corpus;
    }

    /** How many tokens are counted for a side, and that it is a part, if it is one; empty if none are. */
    static String counted(CorpusStatistics statistics, CheckpointSide side) {
        FeatureStatistics features = statistics.features(side).get();
        if (features == null) {
            return "";
        }
        CountedShare share = statistics.counted(side).get();
        boolean shard = statistics.phase(side).get() == CorpusStatistics.Phase.COUNTED && share.isPartial();
        return NumberTexts.count(features.corpusTokens()) + " tokens"
                + (shard ? " (" : share.isPartial() ? " so far (" : "")
                + (share.isPartial() ? share.words() + ")" : "");
    }

    /** The same where there is little room: the share while a part is counted, the tokens of all of it. */
    static String shortlyCounted(CorpusStatistics statistics, CheckpointSide side) {
        CountedShare share = statistics.counted(side).get();
        return statistics.features(side).get() != null && share.isPartial() ? share.words() : counted(statistics, side);
    }

    /** The state of the counting for a side, in a sentence or two. */
    static String state(CorpusStatistics statistics, CheckpointSide side) {
        String counted = counted(statistics, side);
        String before = counted.isEmpty() ? "" : counted + ". ";
        return switch (statistics.phase(side).get()) {
            case NOTHING -> side.sae().get() == null ? "No checkpoint is open" : "Nothing yet";
            case COUNTING -> counted.isEmpty() ? "Counting begins" : before + "Counting goes on";
            case PAUSED -> before + "Paused";
            case STOPPED -> "Stopped, and thrown away what was counted";
            case HELD, FAILED -> before + statistics.problem(side).get().message();
            case COUNTED -> counted(statistics.index(side).get().info(), counted);
        };
    }

    private static String counted(IndexInfo info, String counted) {
        return counted + ", " + info.documents().shortWords()
                + (info.masks().isNone()
                        ? ""
                        : ", " + info.masks() + " ("
                                + NumberTexts.count(info.leftOut().together()) + " left out)");
    }

    /**
     * What a pane of activations shows the activations of, for its heading: of how many tokens so far, while they are a
     * part, how the model read the documents, and what is left out; empty while there are none.
     */
    static String heading(ActivationsModel activations) {
        return activations
                .of()
                .map(info -> Stream.of(
                                activations.share().soFar().strip(),
                                info.documents().shortWords(),
                                info.masks().isNone() ? "" : info.masks().toString())
                        .filter(words -> !words.isEmpty())
                        .collect(Collectors.joining(", ")))
                .orElse("");
    }

    /** What {@link #heading} says, in sentences; empty while there is nothing. */
    static String headingTip(ActivationsModel activations) {
        return activations
                .of()
                .map(info -> "How the model read the corpus: "
                        + info.documents().words()
                        + (info.masks().isNone()
                                ? ""
                                : "\n\nTokens " + info.masks() + ": "
                                        + NumberTexts.count(info.leftOut().together()) + " of "
                                        + NumberTexts.count(info.tokens()) + " are left out")
                        + (activations.counted().get() instanceof ActivationsSoFar
                                ? "\n\nThe corpus is not counted to its end: more activations may come, and "
                                        + "stronger ones"
                                : ""))
                .orElse("");
    }

    /** What an index is of. */
    static String of(IndexInfo info) {
        CorpusMasks masks = info.masks();
        return "Model " + info.model().name() + "; checkpoints "
                + info.saes().stream()
                        .map(sae -> sae.sae().name() + " (" + NumberTexts.count(sae.features()) + " features)")
                        .collect(Collectors.joining(", "))
                + "; " + NumberTexts.count(info.tokens()) + " tokens of " + sources(info) + ", "
                + info.documents().shortWords() + (masks.isNone() ? "" : ", " + masks)
                + (info.shard().isWhole() ? "" : "; share " + info.shard() + " of a pass");
    }

    /** The files of an index's corpus. */
    static String sources(IndexInfo info) {
        String first = info.sources().get(0).name();
        int more = info.sources().size() - 1;
        return more == 0 ? first : first + " and " + more + (more == 1 ? " other file" : " other files");
    }

    /** What a corpus would take. */
    static String costs(IndexEstimate estimate) {
        return "About " + NumberTexts.count(rounded(estimate.tokens())) + " tokens"
                + (estimate.limited() ? ", the limit" : ", all of it") + "; on disk about "
                + NumberTexts.bytes(estimate.bytes()) + ", and " + NumberTexts.bytes(estimate.bytesMeanwhile())
                + " while it is counted. " + NumberTexts.number(estimate.activationsPerToken())
                + " features are active at a token"
                + (isDense(estimate) ? ": a dense checkpoint, for which a lower limit of tokens saves space" : "");
    }

    static boolean isDense(IndexEstimate estimate) {
        return estimate.activationsPerToken() > DENSE;
    }

    /** Two digits of an estimate. */
    private static long rounded(long about) {
        long step = 1;
        while (about / step >= 100) {
            step *= 10;
        }
        return Math.round((double) about / step) * step;
    }
}

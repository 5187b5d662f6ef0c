package loupe.app.command;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.index.ActivationIndex;
import loupe.index.ActivationIndex.ActiveFeature;
import loupe.index.CoActivations;
import loupe.index.TokenFeatures;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.TokenizerFiles;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code index query}: which features are active together with one, at the tokens of an id, or at one place. */
@Command(
        name = "query",
        description = "List the features that are active together with a feature, at a token wherever it "
                + "occurs, or at one place.")
final class IndexQueryCommand extends LoupeCommand<IndexQueryCommand.Result> {
    @Parameters(paramLabel = "DIR", description = "Folder of the index.")
    private Path folder;

    @ArgGroup(multiplicity = "1")
    private Question question;

    @Mixin
    private IndexedCheckpoint checkpoint;

    @Option(
            names = "--among",
            paramLabel = "NAME",
            description = "With --feature: checkpoint whose features are listed (default: its own).")
    private String among;

    @Option(
            names = "--by",
            paramLabel = "MEASURE",
            description = "Order; with --feature: pearson (default), cosine, phi, jaccard, both, "
                    + "share-of-feature, share-of-other; "
                    + "with --token and --text: mean (default), share, max, share-of-feature, mass-of-feature.")
    private String by;

    @Option(
            names = "--at-least",
            paramLabel = "N",
            defaultValue = "1",
            description = "With --feature: fewest tokens at which both are active (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private long atLeast;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "Features listed (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int top;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Folder of the model, for token texts (default: tokens are shown as <id>).")
    private Path model;

    /** The question, exactly one of these options. */
    @OptionSection("Question, one of")
    private static final class Question {
        @Option(
                names = "--feature",
                paramLabel = "I",
                description = "Co-activation with the feature of this index, from 0.")
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private Integer feature;

        @Option(names = "--token", paramLabel = "ID", description = "Features active at the tokens of this id.")
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private Integer token;

        @Option(names = "--text", paramLabel = "T", description = "The same for a text that is one token of --model.")
        private String text;

        @Option(names = "--at", paramLabel = "N", description = "Features active at this token of the index, from 0.")
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private Integer at;
    }

    @Override
    public Result run(CommandContext context) {
        OptionPaths.existing(folder, "index query");
        Optional<Tokenizer> tokenizer = Optional.ofNullable(model)
                .map(path -> OptionPaths.existing(path, "--model"))
                .flatMap(TokenizerFiles::read);
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            index.doubt().ifPresent(context::warn);
            int which = checkpoint.in(index.info());
            if (question.feature != null) {
                return together(index, which);
            }
            return question.at != null ? place(index, which, tokenizer) : token(index, which, tokenizer);
        } finally {
            tokenizer.ifPresent(Tokenizer::close);
        }
    }

    private Together together(ActivationIndex index, int which) {
        CoActivations.Measure measure = measure(CoActivations.Measure.values(), CoActivations.Measure.PEARSON);
        int feature = IndexedCheckpoint.require(index.info(), which, question.feature);
        int others = among == null ? which : IndexedCheckpoint.find(index.info(), among, "--among");
        CoActivations answer = index.coActivations(index.activations(which, feature), which, others);
        return new Together(
                feature,
                answer.tokens(),
                answer.count(),
                name(measure),
                Arrays.stream(answer.top(measure, top, atLeast))
                        .mapToObj(other -> new Partner(
                                other,
                                answer.both()[other],
                                answer.shareOfFeature(other),
                                answer.shareOfOther(other),
                                answer.jaccard(other),
                                answer.phi(other),
                                answer.pearson(other),
                                answer.cosine(other)))
                        .toList());
    }

    private AtToken token(ActivationIndex index, int which, Optional<Tokenizer> tokenizer) {
        TokenFeatures.Measure measure = measure(TokenFeatures.Measure.values(), TokenFeatures.Measure.MEAN);
        TokenFeatures answer = index.featuresOf(which, id(tokenizer));
        return new AtToken(
                answer.id(),
                text(tokenizer, answer.id()),
                answer.occurrences(),
                name(measure),
                Arrays.stream(answer.top(measure, top))
                        .mapToObj(feature -> new TokenFeature(
                                feature,
                                answer.mean(feature),
                                answer.share(feature),
                                answer.value(TokenFeatures.Measure.MAX, feature),
                                answer.shareOfFeature(feature),
                                answer.massOfFeature(feature)))
                        .toList());
    }

    private int id(Optional<Tokenizer> tokenizer) {
        if (question.token != null) {
            return question.token;
        }
        int[] ids = tokenizer
                .orElseThrow(() -> new UsageException("--text needs --model DIR with tokenizer files"))
                .encodeContinuation(question.text)
                .ids();
        if (ids.length != 1) {
            throw new UsageException("--text is " + ids.length + " tokens of the model: "
                    + Arrays.stream(ids)
                            .mapToObj(id -> "\"" + text(tokenizer, id) + "\"")
                            .collect(Collectors.joining(", ")));
        }
        return ids[0];
    }

    private AtPlace place(ActivationIndex index, int which, Optional<Tokenizer> tokenizer) {
        if (by != null) {
            throw new UsageException("--by does not go with --at: features are listed by activation");
        }
        if (question.at < 0 || question.at >= index.info().places()) {
            throw new UsageException("--at is " + question.at + ", the index has tokens 0 to "
                    + (index.info().places() - 1));
        }
        if (!index.hasToken(question.at)) {
            throw new UsageException("--at is " + question.at + ", where the index has no token: documents end before "
                    + "their contexts of " + index.info().contextLength() + " do");
        }
        int[] before = index.upTo(question.at);
        int id = before[before.length - 1];
        return new AtPlace(
                question.at,
                before.length - 1,
                id,
                text(tokenizer, id),
                index.isCounted(question.at),
                index.featuresAt(which, question.at).stream().limit(top).toList());
    }

    /** The result that is printed, one kind for each question. */
    sealed interface Result {}

    /**
     * The features active together with a feature.
     *
     * @param tokens counted in the index
     * @param count of them at which the feature is active
     * @param by the measure that orders the list
     */
    record Together(int feature, long tokens, long count, String by, List<Partner> features) implements Result {}

    /**
     * A feature active together with the queried one, by every measure.
     *
     * @param both tokens at which both are active
     */
    record Partner(
            int feature,
            long both,
            double shareOfFeature,
            double shareOfOther,
            double jaccard,
            double phi,
            double pearson,
            double cosine) {}

    /**
     * The features active at the tokens of an id.
     *
     * @param by the measure that orders the list
     */
    record AtToken(int id, String token, long occurrences, String by, List<TokenFeature> features) implements Result {}

    /**
     * A feature active at tokens of an id, by every measure.
     *
     * @param mean activation at tokens of the id
     * @param share of those tokens at which it is active
     * @param max activation at one of them, the strongest by absolute value, with its sign
     * @param shareOfFeature of the tokens at which it is active, the fraction with the id
     * @param massOfFeature of the sum of its absolute activations, the fraction at tokens of the id
     */
    record TokenFeature(
            int feature, double mean, double share, double max, double shareOfFeature, double massOfFeature) {}

    /**
     * The features active at one place.
     *
     * @param position that the model gave it, in its document or, where documents run on, in its context
     * @param counted whether no mask left the token out
     * @param features strongest first
     */
    record AtPlace(int at, int position, int id, String token, boolean counted, List<ActiveFeature> features)
            implements Result {}

    private static String text(Optional<Tokenizer> tokenizer, int id) {
        return tokenizer.map(known -> known.text(id)).orElse("<" + id + ">");
    }

    private <M extends Enum<M>> M measure(M[] all, M otherwise) {
        if (by == null) {
            return otherwise;
        }
        return Arrays.stream(all)
                .filter(measure -> name(measure).equals(by))
                .findFirst()
                .orElseThrow(() -> new UsageException("--by is " + by + ", expected one of "
                        + Arrays.stream(all).map(IndexQueryCommand::name).collect(Collectors.joining(", "))));
    }

    private static String name(Enum<?> measure) {
        return key(measure).replace('_', '-');
    }

    private static String key(Enum<?> measure) {
        return measure.name().toLowerCase(Locale.ROOT);
    }
}

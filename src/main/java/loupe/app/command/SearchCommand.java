package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.batch.BatchFile;
import loupe.analysis.features.LogitMoments;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.index.ActivationIndex;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Pending;
import loupe.labels.LabelBook;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import loupe.search.FeatureSearch;
import loupe.search.SearchQuery;
import loupe.search.SearchTexts;
import loupe.search.WordIndex;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code search}: features found by words, as the window finds them. */
@Command(
        name = "search",
        description = "Find features by words: in their labels, tags and notes and, with a model, an index or a batch, "
                + "in the tokens they promote, those they are active at, the texts around these, and the likeliest "
                + "sentences of their trees. Whole words come first.")
public final class SearchCommand extends LoupeCommand<SearchCommand.Result> {
    @Parameters(
            arity = "1..*",
            paramLabel = "WORD",
            description = "Words that all have to be found; label:W, tag:W, note:W, sentence:W, promotes:W, active:W "
                    + "and example:W look in one place, star finds what is starred.")
    private List<String> typed = List.of();

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint whose features are meant.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Folder of the model, for promoted tokens and the texts of an index.")
    private Path model;

    @Option(names = "--index", paramLabel = "DIR", description = "Index of a corpus, for tokens and texts.")
    private Path folder;

    @Option(
            names = "--indexed-as",
            paramLabel = "NAME",
            description = "Checkpoint of the index (default: the only one).")
    private String indexed;

    @Option(names = "--batch", paramLabel = "FILE", description = "Output of batch, for the sentences of trees.")
    private Path batch;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "Features listed (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = OptionRange.MOST_LISTED)
    private int top;

    @Mixin
    private LabelOptions labels;

    @Override
    public Result run(CommandContext context) {
        SearchQuery query = SearchQuery.parse(String.join(" ", typed));
        if (query.isEmpty()) {
            throw new UsageException("there is no word to search for");
        }
        LabelOptions.Labelled of = LabelOptions.Labelled.of(sae, reading);
        LabelBook book = LabelOptions.read(labels.file(), context);
        List<WordIndex> indexes = new ArrayList<>();
        Optional<OpenModel> opened = Optional.ofNullable(model)
                .map(path -> OptionPaths.existing(path, "--model"))
                .map(path -> Pending.await(context.service().openModel(path, Processing.RAW)));
        opened.ifPresent(lm -> lm.warnings().forEach(warning -> context.warn(model + ": " + warning)));
        opened.ifPresent(lm -> indexes.add(promoted(context, lm)));
        if (folder != null) {
            indexes.add(corpus(context, of, opened));
        }
        if (batch != null) {
            indexes.add(SearchTexts.sentences(BatchFile.read(OptionPaths.existing(batch, "--batch")), of.features()));
        }
        FeatureSearch search = new FeatureSearch(of.features(), indexes, book.features(of.key()));
        int[] found = search.find(query);
        return new Result(
                of.features(),
                found.length,
                Arrays.stream(found)
                        .limit(top)
                        .mapToObj(feature -> new Row(
                                feature,
                                book.of(of.key(), feature).label(),
                                search.why(feature, query).stream()
                                        .map(FeatureSearch.Reason::plain)
                                        .toList()))
                        .toList());
    }

    private WordIndex promoted(CommandContext context, OpenModel lm) {
        OpenSae opened = reading.open(context, sae, "--sae");
        if (opened.config().dOut() != lm.config().dModel()) {
            throw new UsageException("--model: the checkpoint writes vectors of "
                    + opened.config().dOut() + " numbers, the model reads "
                    + lm.config().dModel());
        }
        LogitMoments.Answer moments = context.ask(new LogitMoments(lm.id(), opened.id(), SearchTexts.PROMOTED_TOKENS));
        return SearchTexts.promoted(moments, id -> ModelOptions.text(lm, id), context.cancellation());
    }

    private WordIndex corpus(CommandContext context, LabelOptions.Labelled of, Optional<OpenModel> opened) {
        OptionPaths.existing(folder, "--index");
        OpenModel lm = opened.orElseThrow(() -> new UsageException("--index needs --model, for the texts of tokens"));
        Tokenizer tokenizer = lm.tokenizer()
                .orElseThrow(() -> new UsageException("--model has no tokenizer, so that --index has no texts"));
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            index.doubt().ifPresent(context::warn);
            int which = IndexedCheckpoint.find(index.info(), indexed, "--indexed-as");
            int features = index.info().saes().get(which).features();
            if (features != of.features()) {
                throw new UsageException("--index has " + features + " features of "
                        + index.info().saes().get(which).sae().name() + ", the checkpoint has " + of.features());
            }
            return SearchTexts.corpus(index, which, tokenizer::text, context.cancellation());
        }
    }

    /**
     * The result that is printed.
     *
     * @param features of the checkpoint
     * @param found of them
     * @param best those found, best first
     */
    record Result(int features, int found, List<Row> best) {}

    /**
     * A feature that was found.
     *
     * @param why where the words were found, in brackets
     */
    record Row(int feature, String label, List<String> why) {}
}

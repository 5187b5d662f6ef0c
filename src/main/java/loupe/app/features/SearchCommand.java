package loupe.app.features;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.lens.LogitMoments;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.app.command.SaeArguments;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.labels.LabelBook;
import loupe.search.FeatureSearch;
import loupe.search.SearchQuery;
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

    @Mixin
    private FeatureSources sources;

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
        Optional<OpenModel> lm = sources.openModel(context);
        Optional<OpenSae> checkpoint = lm.map(model -> reading.open(context, sae, "--sae"));
        Optional<LogitMoments.Answer> moments =
                lm.map(model -> sources.moments(context, model, checkpoint.orElseThrow()));
        FeatureSearch search = sources.search(context, of, book, lm, checkpoint, moments);
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

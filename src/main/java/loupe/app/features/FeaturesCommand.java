package loupe.app.features;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.compare.MatchSide;
import loupe.analysis.lens.LogitMoments;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.app.command.SaeArguments;
import loupe.format.TextFiles;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.labels.LabelBook;
import loupe.sae.checkpoint.SaeFile;
import loupe.search.FeatureColumn;
import loupe.search.FeatureFilter;
import loupe.search.FeatureRows;
import loupe.search.FeatureSearch;
import loupe.search.FeatureValues;
import loupe.search.NearestFeatures;
import loupe.ui.export.Csv;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code features}: the features of a checkpoint as a table, as the window shows them. */
@Command(
        name = "features",
        description = "List the features of a checkpoint as a table: norms and cosines of their directions and, with a "
                + "model, an index or another checkpoint, what they promote, how often they are active and how well "
                + "they match; sorted, and filtered by words and bounds.")
public final class FeaturesCommand extends LoupeCommand<FeaturesCommand.Result> {
    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint whose features are meant.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Mixin
    private FeatureSources sources;

    @Option(
            names = "--against",
            paramLabel = "PATH",
            description = "Another checkpoint, for the cosine with its nearest feature (column match).")
    private Path against;

    @Mixin
    private LabelOptions labels;

    @Mixin
    private Table table;

    /** The options of the table. */
    @OptionSection("Table")
    static final class Table {
        @Option(
                names = "--columns",
                split = ",",
                paramLabel = "NAME",
                description = "Columns, of: number, density, trained-density, max, mean, std, min, promotes, label, "
                        + "tags, star, note, found, norm, encoder-norm, cosine, skew, kurtosis, logit-mean, "
                        + "logit-std, entropy, two-sided, kind, match, ce-cost, nearest-cosine, nearest, in-degree "
                        + "(default: those that something is known of, without tags, star, note and found, and the "
                        + "last three, for which all pairs are compared).")
        private List<String> columns = List.of();

        @Option(
                names = "--filter",
                paramLabel = "TEXT",
                defaultValue = "",
                description = "Words to be found, as search finds them, and bounds of columns such as "
                        + "density<0.1%% or max>=5; all must hold (default: all features).")
        private String filter;

        @Option(
                names = "--sort",
                paramLabel = "COLUMN",
                defaultValue = "number",
                description = "Column to sort by; by number, those with the words of --filter best come first "
                        + "(default: ${DEFAULT-VALUE}).")
        private String sort;

        @Option(names = "--descending", description = "Largest first.")
        private boolean descending;

        @Option(names = "--top", paramLabel = "N", description = "Features listed at most (default: all).")
        @OptionRange(least = 1, most = OptionRange.MOST_LISTED)
        private Integer top;

        @Option(
                names = "--out",
                paramLabel = "F.csv",
                description = "CSV file to write instead of listing the features here.")
        private Path out;

        @Option(
                names = "--as-they-are",
                description = "Write texts into CSV without the apostrophe that keeps a spreadsheet from running them "
                        + "as formulas.")
        private boolean asTheyAre;
    }

    @Override
    public Result run(CommandContext context) {
        FeatureColumn by = column(table.sort, "--sort");
        Set<FeatureColumn> wanted = new LinkedHashSet<>();
        table.columns.forEach(name -> wanted.add(column(name, "--columns")));
        FeatureFilter.mistake(table.filter).ifPresent(mistake -> {
            throw new UsageException("--filter: " + mistake);
        });
        if (table.out != null) {
            OptionPaths.writable(table.out, "--out");
        }
        LabelOptions.Labelled of = LabelOptions.Labelled.of(sae, reading);
        LabelBook book = LabelOptions.read(labels.file(), context);
        OpenSae opened = reading.open(context, sae, "--sae");
        Optional<OpenModel> lm = sources.openModel(context);
        Optional<LogitMoments.Answer> moments = lm.map(model -> sources.moments(context, model, opened));
        FeatureFilter filter = FeatureFilter.parse(table.filter);
        FeatureSearch search = filter.search().words().isEmpty()
                ? new FeatureSearch(of.features(), List.of(), book.features(of.key()))
                : sources.search(context, of, book, lm, Optional.of(opened), moments);
        Set<FeatureColumn> used = new LinkedHashSet<>(wanted);
        used.add(by);
        filter.bounds().forEach(bound -> used.add(bound.column()));
        FeatureValues values = sources.values(
                context,
                opened,
                SaeFile.read(sae, reading.options(sae)),
                lm,
                moments,
                matching(context, opened),
                NearestFeatures.isIn(used));
        FeatureRows rows = new FeatureRows(values, filter, search, book.features(of.key()), by, table.descending);
        int[] found = rows.list(context.cancellation());
        if (found.length == 0) {
            context.warn(rows.whyNone(table.filter, context.cancellation()));
        }
        List<FeatureColumn> shown = wanted.isEmpty() ? known(rows, found) : List.copyOf(wanted);
        List<Row> listed = Arrays.stream(found)
                .limit(table.top == null ? Integer.MAX_VALUE : table.top)
                .mapToObj(feature -> row(rows, shown, feature))
                .toList();
        if (table.out == null) {
            return new Result(of.features(), found.length, Optional.empty(), listed);
        }
        write(shown, listed);
        return new Result(of.features(), found.length, Optional.of(table.out.toString()), List.of());
    }

    private static FeatureColumn column(String name, String option) {
        return FeatureColumn.named(name)
                .orElseThrow(() -> new UsageException(option + " is " + name + ", expected one of "
                        + Arrays.stream(FeatureColumn.values())
                                .map(FeatureColumn::word)
                                .collect(Collectors.joining(", "))));
    }

    private Optional<FeatureMatching.Answer> matching(CommandContext context, OpenSae opened) {
        return Optional.ofNullable(against).map(path -> {
            OpenSae other = reading.open(context, path, "--against");
            MatchSide.DECODER
                    .misfit(opened.id(), opened.config(), other.id(), other.config())
                    .ifPresent(refusal -> {
                        throw refusal;
                    });
            return context.ask(new FeatureMatching(opened.id(), other.id()));
        });
    }

    /** The columns of which something is known, the number always. */
    private static List<FeatureColumn> known(FeatureRows rows, int[] features) {
        return Arrays.stream(FeatureColumn.values())
                .filter(column -> switch (column) {
                    case TAGS, STAR, NOTE, FOUND -> false;
                    case PROMOTED, LABEL, KIND ->
                        Arrays.stream(features)
                                .anyMatch(feature -> !rows.text(column, feature).isEmpty());
                    default ->
                        column == FeatureColumn.NUMBER
                                || Arrays.stream(features)
                                        .anyMatch(feature ->
                                                !Double.isNaN(rows.values().number(column, feature)));
                })
                .toList();
    }

    private static Row row(FeatureRows rows, List<FeatureColumn> columns, int feature) {
        Map<String, Object> cells = new LinkedHashMap<>();
        for (FeatureColumn column : columns) {
            cells.put(column.word().replace('-', '_'), cell(rows, column, feature));
        }
        return new Row(cells);
    }

    private static Object cell(FeatureRows rows, FeatureColumn column, int feature) {
        return switch (column) {
            case NUMBER -> feature;
            case STAR -> !rows.text(column, feature).isEmpty();
            default ->
                column.isText() ? rows.text(column, feature) : rows.values().number(column, feature);
        };
    }

    private void write(List<FeatureColumn> columns, List<Row> rows) {
        List<List<?>> cells = new ArrayList<>();
        rows.forEach(row -> cells.add(row.cells().values().stream()
                .map(value -> value instanceof Double number && number.isNaN() ? "" : Objects.toString(value))
                .toList()));
        String csv = new Csv(columns.stream().map(FeatureColumn::word).toList(), cells).text(table.asTheyAre);
        TextFiles.write(table.out, csv);
    }

    /**
     * The result that is printed.
     *
     * @param features of the checkpoint
     * @param found those that pass the filter
     * @param out the file written
     * @param table the features listed, in order
     */
    record Result(int features, int found, @LeftOutIfEmpty Optional<String> out, List<Row> table) {}

    /**
     * A feature.
     *
     * @param cells its columns, by name with underscores
     */
    record Row(@JsonAnyGetter Map<String, Object> cells) {}
}

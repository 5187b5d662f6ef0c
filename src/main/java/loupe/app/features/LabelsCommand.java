package loupe.app.features;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.app.command.SaeArguments;
import loupe.base.AsideFile;
import loupe.format.JsonFiles;
import loupe.labels.Edit;
import loupe.labels.FeatureList;
import loupe.labels.FeatureNotes;
import loupe.labels.LabelBook;
import loupe.labels.LabelDocument;
import loupe.labels.LabelFile;
import loupe.ui.export.Csv;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code labels}: what is written down about features, which the window and the command line share. */
@Command(
        name = "labels",
        description = "List, set, import or export labels, notes, tags, stars and lists of features. They are kept "
                + "by what a checkpoint's weights are, so that it may be moved or renamed.",
        subcommands = {
            LabelsCommand.Listing.class,
            LabelsCommand.Setting.class,
            LabelsCommand.Importing.class,
            LabelsCommand.Exporting.class
        })
public final class LabelsCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "labels needs one of list, set, import and export");
    }

    /**
     * What is written down about a feature.
     *
     * @param changed when it was last changed, as ISO 8601
     */
    record Row(int feature, String label, String source, List<String> tags, boolean star, String note, String changed) {
        static Row of(int feature, FeatureNotes notes) {
            return new Row(
                    feature,
                    notes.label(),
                    notes.labels().isEmpty() ? "" : notes.labels().get(0).source(),
                    notes.tags(),
                    notes.star(),
                    notes.note(),
                    notes.changed());
        }
    }

    /** A list of features. */
    record ListRow(String name, String text, List<Integer> features) {
        static ListRow of(FeatureList list) {
            return new ListRow(list.name(), list.text(), list.members());
        }
    }

    /** {@code labels list}: what is written down about a checkpoint's features. */
    @Command(name = "list", description = "Show what is written down, about one checkpoint or how much about each.")
    static final class Listing extends LoupeCommand<Listing.Result> {
        @Option(names = "--sae", paramLabel = "PATH", description = "Checkpoint (default: how much about each).")
        private Path sae;

        @Mixin
        private SaeArguments reading;

        @Mixin
        private LabelOptions labels;

        @Override
        public Result run(CommandContext context) {
            LabelFile file = labels.file();
            LabelBook book = LabelOptions.read(file, context);
            if (sae == null) {
                return new Known(
                        file.path().toString(),
                        book.checkpoints().stream()
                                .map(key -> new Summary(
                                        key,
                                        book.name(key),
                                        book.features(key).size(),
                                        book.lists(key).size()))
                                .toList());
            }
            String key = LabelOptions.Labelled.of(sae, reading).key();
            List<Row> rows = new ArrayList<>();
            new TreeMap<>(book.features(key)).forEach((feature, notes) -> rows.add(Row.of(feature, notes)));
            return new OfCheckpoint(
                    file.path().toString(),
                    key,
                    rows,
                    book.lists(key).stream().map(ListRow::of).toList());
        }

        /** The result that is printed. */
        sealed interface Result {}

        /** How much is written down about each checkpoint. */
        record Known(String file, List<Summary> checkpoints) implements Result {}

        /**
         * A checkpoint.
         *
         * @param name its file had last
         */
        record Summary(String checkpoint, String name, int features, int lists) {}

        /** All about one checkpoint. */
        record OfCheckpoint(String file, String checkpoint, List<Row> features, List<ListRow> lists)
                implements Result {}
    }

    /** {@code labels set}: writes something down about one feature. */
    @Command(name = "set", description = "Write something down about one feature; an empty text takes it away.")
    static final class Setting extends LoupeCommand<Row> {
        @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint.")
        private Path sae;

        @Mixin
        private SaeArguments reading;

        @Option(names = "--feature", required = true, paramLabel = "I", description = "Index of the feature, from 0.")
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private int feature;

        @Option(names = "--label", paramLabel = "TEXT", description = "Its label.")
        private String label;

        @Option(names = "--note", paramLabel = "TEXT", description = "Notes on it.")
        private String note;

        @Option(names = "--tag", paramLabel = "TAG", description = "A tag it gets; may be repeated.")
        private List<String> tags = List.of();

        @Option(names = "--untag", paramLabel = "TAG", description = "A tag it loses; may be repeated.")
        private List<String> untags = List.of();

        @Option(names = "--star", negatable = true, description = "Whether it is starred.")
        private Boolean star;

        @Option(names = "--list", paramLabel = "NAME", description = "A list it is added to; may be repeated.")
        private List<String> lists = List.of();

        @Option(names = "--unlist", paramLabel = "NAME", description = "A list it is taken out of; may be repeated.")
        private List<String> unlists = List.of();

        @Mixin
        private LabelOptions labels;

        @Override
        public Row run(CommandContext context) {
            LabelOptions.Labelled of = LabelOptions.Labelled.of(sae, reading);
            if (feature >= of.features()) {
                throw new UsageException(
                        "--feature is " + feature + ", the checkpoint has " + of.features() + " features");
            }
            LabelFile file = labels.file();
            LabelBook before = LabelOptions.read(file, context);
            List<Edit> edits = edits(of.key(), before);
            if (edits.isEmpty()) {
                throw new UsageException("give --label, --note, --tag, --untag, --star, --list or --unlist");
            }
            edits.add(0, new Edit.Name(of.key(), of.name()));
            edits.removeIf(edit -> edit.changesNothing(before));
            LabelBook after = edits.isEmpty() ? before : file.append(edits).applyTo(before);
            return Row.of(feature, after.of(of.key(), feature));
        }

        private List<Edit> edits(String key, LabelBook book) {
            List<Edit> edits = new ArrayList<>();
            try {
                if (label != null) {
                    edits.add(Edit.Label.own(key, feature, label));
                }
                if (note != null) {
                    edits.add(new Edit.Note(key, feature, note));
                }
                tags.forEach(tag -> edits.add(new Edit.Tag(key, feature, named("--tag", tag), true)));
                untags.forEach(tag -> edits.add(new Edit.Tag(key, feature, named("--untag", tag), false)));
                if (star != null) {
                    edits.add(new Edit.Star(key, feature, star));
                }
                for (String list : lists) {
                    FeatureList is = book.list(key, named("--list", list).strip());
                    if (is == null || !is.members().contains(feature)) {
                        edits.add(new Edit.Member(
                                key,
                                list,
                                feature,
                                is == null ? 0 : is.members().size()));
                    } else {
                        edits.add(
                                new Edit.Member(key, list, feature, is.members().indexOf(feature)));
                    }
                }
                for (String list : unlists) {
                    if (book.list(key, list.strip()) == null) {
                        throw new UsageException("--unlist is " + list + ", there is no such list of this checkpoint");
                    }
                    edits.add(new Edit.Member(key, list, feature, -1));
                }
                return edits;
            } catch (IllegalArgumentException tooLong) {
                throw new UsageException(String.valueOf(tooLong.getMessage()));
            }
        }

        private static String named(String option, String name) {
            if (name.isBlank()) {
                throw new UsageException(option + " is empty");
            }
            return name;
        }
    }

    /** {@code labels import}: adds what a document says. */
    @Command(
            name = "import",
            description = "Add the labels of a file, .csv or .json as export writes them. What it names again is "
                    + "replaced, nothing is taken away.")
    static final class Importing extends LoupeCommand<Importing.Result> {
        @Parameters(paramLabel = "FILE", description = "Table (.csv) or JSON document.")
        private Path document;

        @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint it is about.")
        private Path sae;

        @Mixin
        private SaeArguments reading;

        @Option(
                names = "--source",
                paramLabel = "NAME",
                defaultValue = "",
                description = "Source of labels for which the file names none (default: your own).")
        private String source;

        @Mixin
        private LabelOptions labels;

        @Override
        public Result run(CommandContext context) {
            OptionPaths.existing(document, "labels import");
            LabelOptions.Labelled of = LabelOptions.Labelled.of(sae, reading);
            List<Edit> read = LabelDocument.read(document, of.key(), source, OptionalInt.of(of.features()));
            LabelFile file = labels.file();
            LabelBook before = LabelOptions.read(file, context);
            List<Edit> edits = Stream.concat(Stream.of(new Edit.Name(of.key(), of.name())), read.stream())
                    .filter(edit -> !edit.changesNothing(before))
                    .toList();
            if (!edits.isEmpty()) {
                file.append(edits);
            }
            return new Result(file.path().toString(), of.key(), read.size(), edits.size());
        }

        /**
         * The result that is printed.
         *
         * @param read things that the document says
         * @param changed lines that were added, because they were not so before
         */
        record Result(String file, String checkpoint, int read, int changed) {}
    }

    /** {@code labels export}: writes a document. */
    @Command(name = "export", description = "Write what is written down about a checkpoint to a file.")
    static final class Exporting extends LoupeCommand<Exporting.Result> {
        @Parameters(
                paramLabel = "FILE",
                description = "A name that ends in .csv gets a table of labels, notes, tags and stars; any other JSON, "
                        + "with lists too.")
        private Path out;

        @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint it is about.")
        private Path sae;

        @Mixin
        private SaeArguments reading;

        @Option(
                names = "--as-they-are",
                description = "Write texts into CSV without the apostrophe that keeps a spreadsheet from running them "
                        + "as formulas.")
        private boolean asTheyAre;

        @Mixin
        private LabelOptions labels;

        @Override
        public Result run(CommandContext context) throws IOException {
            OptionPaths.writable(out, "labels export");
            String key = LabelOptions.Labelled.of(sae, reading).key();
            LabelBook book = LabelOptions.read(labels.file(), context);
            if (LabelDocument.isTable(out)) {
                String table = new Csv(LabelDocument.COLUMNS, LabelDocument.rows(book, key)).text(asTheyAre);
                AsideFile.replace(out, aside -> java.nio.file.Files.writeString(aside, table));
            } else {
                JsonFiles.write(out, LabelDocument.json(book, key));
            }
            return new Result(
                    out.toString(),
                    key,
                    book.features(key).size(),
                    book.lists(key).size());
        }

        /** The result that is printed. */
        record Result(String file, String checkpoint, int features, int lists) {}
    }
}

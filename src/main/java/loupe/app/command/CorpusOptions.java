package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import loupe.analysis.compare.ReadingFit;
import loupe.analysis.prompts.TokenRows;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.base.Refusal;
import loupe.index.Contexts;
import loupe.index.Corpus;
import loupe.index.DocumentPacking;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;
import picocli.CommandLine.Option;

/** The options that name a corpus, how its documents are put before the model, and which tokens are ignored. */
@OptionSection("Corpus")
public abstract class CorpusOptions {
    private static final String CORPUS = "Text files or folders of them: .txt, .jsonl, .csv, .tsv or .parquet, plain "
            + "or compressed as .gz, .bz2 or .zst.";

    /** Options of commands that read a corpus. */
    @OptionSection("Corpus")
    static final class Required extends CorpusOptions {
        @Option(names = "--corpus", required = true, arity = "1..*", paramLabel = "PATH", description = CORPUS)
        private List<Path> files;

        @Override
        List<Path> files() {
            return files;
        }
    }

    /** Options of commands that may read something else. */
    @OptionSection("Over a corpus")
    public static final class IfGiven extends CorpusOptions {
        @Option(names = "--corpus", arity = "1..*", paramLabel = "PATH", description = CORPUS)
        private List<Path> files = List.of();

        public boolean isGiven() {
            return !files.isEmpty();
        }

        @Override
        List<Path> files() {
            return files;
        }
    }

    @Option(
            names = "--text-column",
            paramLabel = "NAME",
            defaultValue = Corpus.TEXT,
            description = "Field of JSON lines or column of tables with the text (default: ${DEFAULT-VALUE}).")
    private String column;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens to read (default: no limit).")
    @OptionRange(least = 1, most = Integer.MAX_VALUE)
    private Long maxTokens;

    @Option(names = "--context", paramLabel = "T", description = "Tokens in a context (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 2, most = OptionRange.LARGEST_INDEX)
    private int context = Contexts.DEFAULT_LENGTH;

    @Option(
            names = "--documents",
            paramLabel = "HOW",
            defaultValue = "apart",
            description = "How the model reads documents: apart (each by itself), separated (packed into contexts, "
                    + "attention and positions cut at borders; the same numbers) or packed (attention runs on "
                    + "across borders, as in SAELens) (default: ${DEFAULT-VALUE}).")
    private DocumentPacking documents = DocumentPacking.DEFAULT;

    @Option(
            names = "--ignore-tokens",
            split = ",",
            paramLabel = "ID",
            description = "Token ids at whose positions nothing is counted; evaluate replaces nothing there either.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private Set<Integer> ignored = Set.of();

    private boolean warned;

    abstract List<Path> files();

    DocumentPacking documents() {
        return documents;
    }

    /**
     * Tokens whose activations do not count.
     *
     * @throws Refusal if an id is outside the vocabulary
     */
    public Set<Integer> ignored(OpenModel model) {
        ModelOptions.check(model, ignored.stream().mapToInt(id -> id).sorted().toArray(), "--ignore-tokens");
        return ignored;
    }

    /** The corpus, with a warning of folders that cannot be read. */
    Corpus corpus(CommandContext command) {
        files().forEach(file -> OptionPaths.existing(file, "--corpus"));
        Corpus corpus = Corpus.of(files(), column);
        if (!warned) {
            corpus.leftOut().ifPresent(command::warn);
            warned = true;
        }
        return corpus;
    }

    long maxTokens() {
        return maxTokens == null ? Long.MAX_VALUE : maxTokens;
    }

    /** The length of a context in tokens: the one requested, or the model's own, with a warning. */
    int contextLength(CommandContext command, OpenModel model) {
        int most = model.config().context();
        if (context > most) {
            command.warn("--context is " + context + ", but " + model.folder() + " takes at most " + most
                    + " tokens: contexts have " + most);
        }
        return Math.min(context, most);
    }

    /** @throws Refusal if the model cannot read text */
    static Tokenizer tokenizer(OpenModel model) {
        return model.tokenizer()
                .orElseThrow(() ->
                        new Refusal(model.folder() + " has no tokenizer files, so a corpus cannot be read for it"));
    }

    /**
     * The corpus as the model reads it.
     *
     * @param separator the token put before each document, if any
     */
    TokenRows contexts(CommandContext command, OpenModel model, OptionalInt separator) {
        return contexts(command, model, separator, contextLength(command, model), maxTokens());
    }

    /** The beginning of the corpus, long enough to see how well a checkpoint fits. */
    TokenRows beginning(CommandContext command, OpenModel model, OptionalInt separator) {
        return contexts(
                command,
                model,
                separator,
                Math.min(context, model.config().context()),
                Math.min(maxTokens(), ReadingFit.ENOUGH_TOKENS));
    }

    /**
     * The beginning of the corpus.
     *
     * @param most tokens, and a warning if that is less than was wanted
     */
    public TokenRows contexts(CommandContext command, OpenModel model, OptionalInt separator, long most) {
        TokenRows read =
                contexts(command, model, separator, contextLength(command, model), Math.min(maxTokens(), most));
        if (maxTokens() > most && read.tokens() >= most) {
            command.warn("only the first " + most + " tokens of the corpus are read; choose fewer with --max-tokens");
        }
        return read;
    }

    private TokenRows contexts(
            CommandContext command, OpenModel model, OptionalInt separator, int length, long atMost) {
        Tokenizer tokenizer = tokenizer(model);
        Contexts packing = new Contexts(length, separator, atMost, documents);
        List<Contexts.Context> contexts = new ArrayList<>();
        corpus(command)
                .read(
                        tokenizer.reading().checked(ids -> ModelOptions.check(model, ids, "--corpus")),
                        packing,
                        characters -> command.cancellation().check(),
                        contexts::addAll);
        contexts.removeIf(context -> context.ids().length < 2);
        if (contexts.isEmpty()) {
            throw new Refusal("The corpus has no text: " + files());
        }
        return documents.rows(contexts);
    }
}

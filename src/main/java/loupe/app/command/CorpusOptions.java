package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import loupe.analysis.prompts.TokenRows;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.base.Refusal;
import loupe.index.Contexts;
import loupe.index.Corpus;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;
import picocli.CommandLine.Option;

/** The options that name a corpus, and how its documents are packed into contexts. */
@OptionSection("Corpus")
final class CorpusOptions {
    @Option(
            names = "--corpus",
            required = true,
            arity = "1..*",
            paramLabel = "PATH",
            description = "Text files or folders of them: .txt, .jsonl, .csv, .tsv or .parquet, plain or "
                    + "compressed as .gz, .bz2 or .zst.")
    private List<Path> files;

    @Option(
            names = "--text-column",
            paramLabel = "NAME",
            defaultValue = Corpus.TEXT,
            description = "Field of JSON lines or column of tables with the text (default: ${DEFAULT-VALUE}).")
    private String column;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens to read (default: no limit).")
    private Long maxTokens;

    @Option(names = "--context", paramLabel = "T", description = "Tokens in a context (default: ${DEFAULT-VALUE}).")
    private int context = Contexts.DEFAULT_LENGTH;

    Corpus corpus() {
        files.forEach(file -> OptionPaths.existing(file, "--corpus"));
        return Corpus.of(files, column);
    }

    long maxTokens() {
        if (maxTokens != null && (maxTokens < 1 || maxTokens > Integer.MAX_VALUE)) {
            throw new UsageException("--max-tokens is " + maxTokens + ", expected 1 to " + Integer.MAX_VALUE);
        }
        return maxTokens == null ? Long.MAX_VALUE : maxTokens;
    }

    /** The length of a context in tokens: the one requested, or the model's own, with a warning. */
    int contextLength(CommandContext command, OpenModel model) {
        if (context < 2) {
            throw new UsageException("--context is " + context + ", at least 2 is needed");
        }
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
     * The corpus as contexts.
     *
     * @param separator the token put before each document, if any
     */
    TokenRows contexts(CommandContext command, OpenModel model, OptionalInt separator) {
        Tokenizer tokenizer = tokenizer(model);
        Contexts packing = new Contexts(contextLength(command, model), separator, maxTokens());
        List<int[]> rows = new ArrayList<>();
        corpus().forEachDocument(document -> {
            command.cancellation().check();
            boolean more = packing.add(ModelOptions.check(
                    model, tokenizer.encode(document, Tokenizer.Beginning.NO).ids(), "--corpus"));
            packing.drain().forEach(context -> rows.add(context.ids()));
            return more;
        });
        packing.finish();
        packing.drain().forEach(context -> rows.add(context.ids()));
        rows.removeIf(row -> row.length < 2);
        if (rows.isEmpty()) {
            throw new Refusal("The corpus has no text: " + files);
        }
        return new TokenRows(rows.toArray(int[][]::new));
    }
}

package loupe.app.command;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionSection;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.inference.Pending;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.TokenizerFiles;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that name a model, and how texts become its tokens. */
@OptionSection("Model")
public abstract class ModelOptions {
    private static final String DESCRIPTION =
            "Folder of a model, as Hugging Face lays it out, or a nanoGPT or llama2.c file.";

    @Option(
            names = "--bos",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "Whether texts begin with the beginning-of-text token: auto (as the model family "
                    + "does; in a corpus, before each document if there is such a token), yes or no "
                    + "(default: ${DEFAULT-VALUE}).")
    private Tokenizer.Beginning bos;

    /** Options of commands that need a model. */
    public static final class Required extends ModelOptions {
        @Option(names = "--model", required = true, paramLabel = "DIR", description = DESCRIPTION)
        private Path folder;

        /** Opens the whole model. */
        public OpenModel open(CommandContext context, Processing processing) {
            OptionPaths.existing(folder, "--model");
            return warning(folder, context, context.service().openModel(folder, processing));
        }

        /** Opens the model, of its weights only the embeddings. */
        public OpenModel openEmbeddings(CommandContext context) {
            return embeddings(folder, context);
        }
    }

    /** Options of commands for which a checkpoint may stand in for the model. */
    @OptionSection(value = "Model", choice = "(--model=DIR | --sae=PATH)...")
    public static final class IfGiven extends ModelOptions {
        @Option(names = "--model", paramLabel = "DIR", description = DESCRIPTION)
        private Path folder;

        public boolean isGiven() {
            return folder != null;
        }

        /** Opens the model, of its weights only the embeddings. */
        public Optional<OpenModel> openEmbeddings(CommandContext context) {
            return Optional.ofNullable(folder).map(given -> embeddings(given, context));
        }
    }

    /**
     * Opens a model for questions that need no more of its weights than the matrices with a row for each token, and
     * passes its warnings on. No layer is read.
     */
    public static OpenModel embeddings(Path model, CommandContext context) {
        OptionPaths.existing(model, "--model");
        return warning(model, context, context.service().openEmbeddings(model));
    }

    private static OpenModel warning(Path model, CommandContext context, CompletionStage<OpenModel> opening) {
        OpenModel opened = Pending.await(opening);
        opened.warnings().forEach(warning -> context.warn(model + ": " + warning));
        return opened;
    }

    /**
     * A text as token ids.
     *
     * @throws Refusal if the model has no tokenizer
     */
    public final int[] encode(OpenModel opened, String text, String option) {
        return check(opened, tokenizer(opened, option).encode(text, bos).ids(), option);
    }

    /**
     * The token put before each document of a corpus: the one for the beginning of text, where there is one, unless
     * {@code --bos no} was given.
     */
    public final OptionalInt separator(OpenModel opened) {
        OptionalInt beginning = CorpusOptions.tokenizer(opened).beginning();
        if (bos == Tokenizer.Beginning.YES && beginning.isEmpty()) {
            throw new Refusal("--bos yes: " + opened.folder() + " has no token for the beginning of text");
        }
        return bos == Tokenizer.Beginning.NO ? OptionalInt.empty() : beginning;
    }

    /**
     * What stands in front of a text: the token for the beginning of text, where {@link #encode} puts it.
     *
     * @throws Refusal if it was asked for and there is none
     */
    public final List<Integer> beginning(OpenModel opened) {
        OptionalInt token = opened.tokenizer().map(Tokenizer::beginning).orElseGet(OptionalInt::empty);
        if (bos == Tokenizer.Beginning.YES && token.isEmpty()) {
            throw new Refusal("--bos yes: " + opened.folder() + " has no token for the beginning of text");
        }
        boolean begins = bos == Tokenizer.Beginning.YES
                || (bos == Tokenizer.Beginning.AUTO
                        && opened.tokenizer().map(Tokenizer::beginsTexts).orElse(false));
        return begins ? List.of(token.orElseThrow()) : List.of();
    }

    /** A text in the middle of a prompt, which never begins with the beginning-of-text token. */
    public final int[] encodeContinuation(OpenModel opened, String text, String option) {
        return check(opened, tokenizer(opened, option).encodeContinuation(text).ids(), option);
    }

    private static Tokenizer tokenizer(OpenModel opened, String option) {
        return opened.tokenizer()
                .orElseThrow(() -> new Refusal(opened.folder() + " has no tokenizer, so " + option
                        + " cannot be read; give token ids instead. " + TokenizerFiles.absence(opened.folder())));
    }

    /**
     * Token ids that the model has.
     *
     * @throws Refusal if one is outside the vocabulary
     */
    public static int[] check(OpenModel opened, int[] ids, String option) {
        int size = opened.config().vocabularySize();
        Arrays.stream(ids).filter(id -> id < 0 || id >= size).findFirst().ifPresent(id -> {
            throw new Refusal(option + ": token id " + id + " is outside the vocabulary of " + opened.folder()
                    + ", which has " + size + " tokens");
        });
        return ids;
    }

    /**
     * What {@code --mask-id} names.
     *
     * @param given null for none
     * @throws Refusal if it is outside the vocabulary
     */
    static OptionalInt maskId(OpenModel opened, @Nullable Integer given) {
        return given == null ? OptionalInt.empty() : OptionalInt.of(check(opened, new int[] {given}, "--mask-id")[0]);
    }

    /** A token for display: its text, or {@code <id>} without a tokenizer. */
    public static String text(OpenModel opened, int id) {
        return opened.tokenizer().map(tokenizer -> tokenizer.text(id)).orElse("<" + id + ">");
    }
}

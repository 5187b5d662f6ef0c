package loupe.sae.checkpoint;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;

/** The families of checkpoint files that can be read, and the choice of the one that some files belong to. */
public final class SaeFamilies {
    /** Tokens' embedding in a language model of any family. */
    private static final Pattern TOKEN_EMBEDDING =
            Pattern.compile("(.*\\.)?(wte|embed_tokens|embed_in|tok_embeddings)\\.weight");

    /**
     * Every family, in the order in which they are asked: the first that recognises the files has them. The order is
     * part of the rule, since some recognise by less than others:
     *
     * <ul>
     *   <li>{@link PlainSae} first: files that this program saved are marked as such, whatever their tensors are
     *       called;
     *   <li>{@link CrossLayerTranscoder} before {@link Crosscoder} and {@link GemmaScope}: a decoder for each of
     *       several layers is stronger evidence than what its other tensors are called;
     *   <li>{@link Crosscoder} before {@link SaeLens}: a third axis is stronger evidence than a configuration with
     *       d_in;
     *   <li>{@link SaeLens} and {@link BatchTopKSae} before {@link Neel}: a configuration beside the four tensors that
     *       Neel takes by their names alone;
     *   <li>{@link CircuitTracer} before {@link Neel}: settings of transcoders beside four tensors, of which b_dec is
     *       in another space than the input;
     *   <li>{@link QwenScope} before {@link TokenizedSae}: the same tensors, distinguished by the file's name or its
     *       configuration.
     * </ul>
     *
     * <p>All others recognise only what no other does.
     */
    static final List<SaeFamily> FAMILIES = List.of(
            new PlainSae(),
            new CrossLayerTranscoder(),
            new Crosscoder(),
            new GemmaScope(),
            new SaeLens(),
            new CircuitTracer(),
            new Sparsify(),
            new LlamaScope(),
            new LmSaes(),
            new OpenAi(),
            new Apollo(),
            new Goodfire(),
            new DictionaryLearning(),
            new QwenScope(),
            new TokenizedSae(),
            new BatchTopKSae(),
            new Neel());

    private SaeFamilies() {}

    /** The names of the families that can be read, in the order in which they are asked. */
    public static List<String> formats() {
        return FAMILIES.stream().map(SaeFamily::format).toList();
    }

    /**
     * The family a file or folder belongs to, by its name; empty if it is no checkpoint of a known one.
     *
     * @throws CheckpointException if it cannot be read, or is a folder of several files with weights
     */
    public static Optional<String> recognise(Path path) {
        try (CheckpointFiles files = CheckpointFiles.open(path)) {
            return recognising(files);
        }
    }

    /** The family that recognises the files first; empty if none does. */
    static Optional<String> recognising(CheckpointFiles files) {
        return FAMILIES.stream().filter(f -> f.recognises(files)).findFirst().map(SaeFamily::format);
    }

    /** The names that libraries give to files with weights, relative to a checkpoint's folder, without repetition. */
    static List<String> usualFiles() {
        return FAMILIES.stream()
                .flatMap(f -> f.usualFiles().stream())
                .distinct()
                .toList();
    }

    /**
     * What the files say, as the family reads them that the user names or that first recognises them, or as the tensors
     * that the user names.
     *
     * @throws CheckpointException if no family does, or the files are damaged
     */
    static SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        return options.tensors()
                .map(roles -> roles.describe(files, options))
                .orElseGet(() -> of(files, options).describe(files, options));
    }

    private static SaeFamily of(CheckpointFiles files, SaeOptions options) {
        if (options.format().isPresent()) {
            String wanted = options.format().get();
            return FAMILIES.stream()
                    .filter(f -> f.format().equals(wanted))
                    .findFirst()
                    .orElseThrow(() -> files.refused(
                            "there is no checkpoint format " + wanted,
                            "one of " + String.join(", ", formats()),
                            "",
                            Remedy.give(Choice.FORMAT)));
        }
        return FAMILIES.stream().filter(f -> f.recognises(files)).findFirst().orElseThrow(() -> unknown(files));
    }

    private static CheckpointException unknown(CheckpointFiles files) {
        if (files.hasLike(TOKEN_EMBEDDING)) {
            return files.refused("this is a language model", "a sparse autoencoder", "Open it as the model");
        }
        long[] encoder = files.shape("W_enc");
        if (files.has("W_enc", "b_enc", "W_dec", "b_dec") && encoder.length == 2 && encoder[0] == encoder[1]) {
            return files.refused(
                    "W_enc is square, " + Arrays.toString(encoder)
                            + ", so its shape does not say whether a feature is a column, as in neel, or a row, as in "
                            + "tokenized",
                    "",
                    "",
                    Remedy.give(Choice.FORMAT, "neel"),
                    Remedy.give(Choice.FORMAT, TokenizedSae.FORMAT));
        }
        Optional<Layout> nearest = Layout.nearestTo(files);
        Optional<TensorRoles> likely = TensorRoles.likely(files);
        String found = files.prefixes().size() > 1
                ? "there are " + files.prefixes().size() + " autoencoders in the file, under "
                        + files.prefixes().get(0) + " and " + files.prefixes().get(1)
                : "these tensors are of no known kind"
                        + nearest.map(layout ->
                                        "; nearest is " + layout.format() + ", which " + layout.difference(files))
                                .orElse("")
                        + ": " + files.summary();
        return likely.isPresent()
                ? files.refused(
                        found, "", "", Remedy.give(Choice.TENSORS, likely.get().text()))
                : files.refused(found, "", "Choose an autoencoder's file or folder");
    }

    /**
     * The tensors by which a layout is told from others, to say what a file is nearest to.
     *
     * @param beside a configuration without which the tensors may mean something else; empty if there is none
     */
    private record Layout(String format, String beside, List<String> tensors) {
        private static final List<Layout> ALL = List.of(
                new Layout("neel", "", List.of("W_enc", "b_enc", "W_dec", "b_dec")),
                new Layout("saelens", "cfg.json", List.of("W_enc", "b_enc", "W_dec", "b_dec", "threshold")),
                new Layout("saelens", "cfg.json", List.of("W_enc", "b_gate", "r_mag", "b_mag", "W_dec", "b_dec")),
                new Layout(
                        "dictionary-learning", "", List.of("encoder.weight", "encoder.bias", "decoder.weight", "bias")),
                new Layout(
                        "dictionary-learning",
                        "",
                        List.of("encoder.weight", "encoder.bias", "decoder.weight", "b_dec")),
                new Layout("sparsify", "", List.of("encoder.weight", "encoder.bias", "W_dec", "b_dec")),
                new Layout("openai", "", List.of("encoder.weight", "latent_bias", "decoder.weight", "pre_bias")),
                new Layout(
                        "llama-scope",
                        "hyperparams.json",
                        List.of("encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias")),
                new Layout("lm-saes", "config.json", List.of("W_E", "b_E", "W_D", "b_D")),
                new Layout("gemma-scope", "", List.of("w_enc", "b_enc", "w_dec", "b_dec", "threshold")),
                new Layout(
                        "goodfire",
                        "",
                        List.of(
                                "encoder_linear.weight",
                                "encoder_linear.bias",
                                "decoder_linear.weight",
                                "decoder_linear.bias")));

        /** The layout most of whose tensors are there, of several the one that lacks fewest. */
        static Optional<Layout> nearestTo(CheckpointFiles files) {
            return ALL.stream()
                    .filter(layout -> layout.missing(files).size() < layout.tensors.size())
                    .min(Comparator.comparingInt(
                                    (Layout layout) -> layout.missing(files).size() - layout.tensors.size())
                            .thenComparingInt(layout -> layout.missing(files).size()));
        }

        private List<String> missing(CheckpointFiles files) {
            return tensors.stream().filter(name -> !files.has(name)).toList();
        }

        /** What it has that the files have not. */
        String difference(CheckpointFiles files) {
            List<String> missing = missing(files);
            return !missing.isEmpty()
                    ? "also has " + String.join(", ", missing)
                    : beside.isEmpty() ? "leaves open how they are meant" : "has a " + beside + " beside them";
        }
    }
}

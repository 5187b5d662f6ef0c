package loupe.sae.checkpoint;

import java.nio.file.Path;
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
            return FAMILIES.stream()
                    .filter(f -> f.recognises(files))
                    .findFirst()
                    .map(SaeFamily::format);
        }
    }

    /** The names that libraries give to files with weights, relative to a checkpoint's folder, without repetition. */
    static List<String> usualFiles() {
        return FAMILIES.stream()
                .flatMap(f -> f.usualFiles().stream())
                .distinct()
                .toList();
    }

    /**
     * The family that reads these files: the one the user names, or the first that recognises them.
     *
     * @throws CheckpointException if there is none
     */
    static SaeFamily of(CheckpointFiles files, SaeOptions options) {
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
        return FAMILIES.stream()
                .filter(f -> f.recognises(files))
                .findFirst()
                .orElseThrow(() -> files.hasLike(TOKEN_EMBEDDING)
                        ? files.refused("this is a language model", "a sparse autoencoder", "Open it as the model")
                        : files.refused(
                                "these tensors are of no known kind of sparse autoencoder: " + files.summary(),
                                "",
                                "Choose an autoencoder's file or folder, or say which format it is",
                                Remedy.give(Choice.FORMAT)));
    }
}

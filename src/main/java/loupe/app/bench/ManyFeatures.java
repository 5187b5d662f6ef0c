package loupe.app.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongToDoubleFunction;
import java.util.stream.IntStream;
import loupe.format.FloatSource;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.inference.InferenceService;
import loupe.inference.OpenSae;
import loupe.inference.Pending;
import loupe.labels.Edit;
import loupe.labels.LabelFile;
import loupe.lm.ModelConfig;
import loupe.lm.folder.ModelFolder;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.window.SessionFile;

/**
 * A made checkpoint of as many features as wanted for a model, to see how the window bears them: random directions,
 * read after half of the model's layers, the same for the same numbers. Encoder rows differ in length, so that some
 * features are active often and many hardly ever, as in trained ones. What it says of a text means nothing. Some have
 * labels of made-up words.
 *
 * @param checkpoint its folder, in SAELens layout
 * @param session with the labels
 */
public record ManyFeatures(Path checkpoint, SessionFile session) {
    /** More would take more than a gigabyte with a narrow model. */
    public static final int MOST = 1 << 20;

    private static final int LABELLED = 10_000;
    /** So many letters of a text are counted over; with 131,072 features a token takes a thousand times its model. */
    private static final int CORPUS_LETTERS = 200_000;

    private static final int ACTIVE = 32;
    private static final int LABEL_WORDS = 5;
    private static final double LENGTHS_FROM_ONE = 0.3;

    /**
     * Writes the checkpoint into a folder, unless it is there, and the labels anew.
     *
     * @param service to find out what the checkpoint is known by
     * @param model folder of the model
     */
    public static ManyFeatures in(Path folder, InferenceService service, Path model, int features) throws IOException {
        Path checkpoint;
        try (ModelFolder opened = ModelFolder.open(model)) {
            checkpoint = checkpoint(folder, features, opened.config());
        }
        OpenSae sae = Pending.await(service.openSae(checkpoint, SaeOptions.AS_STORED));
        Pending.await(service.close(sae.id()));
        Path file = folder.resolve("session.json");
        SessionFile session = new SessionFile(file);
        Files.deleteIfExists(file);
        Files.deleteIfExists(session.labels());
        new LabelFile(session.labels()).append(labels(sae.weights(), features));
        return new ManyFeatures(checkpoint, session);
    }

    private static Path checkpoint(Path folder, int features, ModelConfig model) throws IOException {
        Path checkpoint = folder.resolve("made-" + features + "-of-" + model.dModel());
        Path settings = checkpoint.resolve("cfg.json");
        if (!Files.exists(settings)) { // written last
            Files.createDirectories(checkpoint);
            write(features, model.dModel(), checkpoint.resolve("sae_weights.safetensors"));
            JsonFiles.write(settings, settings(features, model));
        }
        return checkpoint;
    }

    /** Labels of features that are evenly spread. */
    private static List<Edit> labels(String weights, int features) {
        MadeWords words = new MadeWords(3);
        int labelled = Math.min(LABELLED, features);
        return IntStream.range(0, labelled)
                .mapToObj(i -> (Edit)
                        Edit.Label.own(weights, (int) ((long) i * features / labelled), words.several(LABEL_WORDS)))
                .toList();
    }

    private static void write(long features, long d, Path file) {
        double width = Math.sqrt(3.0 / d); // rows have length 1
        new SafetensorsWriter()
                .add(
                        "W_enc",
                        List.of(d, features),
                        filled(at -> width * noise(1, at) * (1 + LENGTHS_FROM_ONE * noise(2, at % features))))
                .add("b_enc", List.of(features), filled(at -> 0))
                .add("W_dec", List.of(features, d), filled(at -> width * noise(3, at)))
                .add("b_dec", List.of(d), filled(at -> 0))
                .write(file);
    }

    private static Map<String, Object> settings(int features, ModelConfig model) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("architecture", "topk");
        settings.put("k", Math.min(ACTIVE, features));
        settings.put("d_in", model.dModel());
        settings.put("d_sae", features);
        settings.put("dtype", "float32");
        settings.put("apply_b_dec_to_input", true);
        settings.put("normalize_activations", "none");
        settings.put("rescale_acts_by_decoder_norm", false);
        settings.put(
                "metadata",
                Map.of(
                        "sae_lens_version",
                        "6.18.0",
                        "model_name",
                        "made",
                        "hook_name",
                        "blocks." + model.nLayers() / 2 + ".hook_resid_post",
                        "prepend_bos",
                        false));
        return settings;
    }

    private static FloatSource filled(LongToDoubleFunction element) {
        return (first, destination) -> {
            for (long at = first; destination.hasRemaining(); at++) {
                destination.putFloat((float) element.applyAsDouble(at));
            }
        };
    }

    /** A number from -1 to 1 that follows from its place. */
    private static double noise(long seed, long at) {
        return 2 * new SplittableRandom(at << 2 | seed).nextDouble() - 1;
    }

    /** Writes the beginning of a text into a folder, a corpus that is counted in about a minute. */
    public static Path beginning(Path text, Path folder) throws IOException {
        StringBuilder beginning = new StringBuilder();
        try (BufferedReader lines = Files.newBufferedReader(text)) {
            for (String line = lines.readLine(); line != null && beginning.length() < CORPUS_LETTERS; ) {
                beginning.append(line).append('\n');
                line = lines.readLine();
            }
        }
        Path beginningOf = folder.resolve("made-corpus.txt");
        return Files.exists(beginningOf) ? beginningOf : Files.writeString(beginningOf, beginning);
    }
}

package loupe.state;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import loupe.analysis.prompts.CorpusActivations;
import loupe.inference.Query;
import loupe.sae.SparseFeatures;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.window.CorpusFiles;

/**
 * A corpus of 320 letters in which each feature of {@link Opened}'s checkpoints has the activations that a table plants
 * at each letter, for the tests of what panes say of a corpus. Whatever checkpoint is counted, the table is the same.
 */
public final class PlantedCorpus {
    /** Active at every letter, more the later it is in the alphabet: 1 at a, 5 at e. */
    public static final int EVERYWHERE = 0;
    /** Active at a (2) and b (1); with both signs if the corpus is {@link #signed}. */
    public static final int AT_A_AND_B = 1;
    /** Active at a (1). */
    public static final int AT_A = 2;
    /** Active at c (5). */
    public static final int AT_C = 3;
    /** Active nowhere. */
    public static final int SILENT = 4;
    /** Active at e (3), a rare letter, in contexts that begin with a. */
    public static final int AT_E_AFTER_A = 5;

    /** One row a feature, one column a letter. */
    private static final float[][] PLANTED = {
        {1, 2, 3, 4, 5}, {2, 1, 0, 0, 0}, {1, 0, 0, 0, 0}, {0, 0, 5, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 3}
    };

    private static final int LETTERS = 320;
    private static final int RARITY = 12;

    /** The same, with a second feature that is -4 at a, 1 at b and 2.5 at e. */
    private static final float[][] SIGNED = {
        {1, 2, 3, 4, 5}, {-4, 1, 0, 0, 2.5f}, {1, 0, 0, 0, 0}, {0, 0, 5, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 3}
    };

    private final String text;
    private final Path file;
    private final CorpusStatistics statistics;

    /** @param folder where the text and what is counted of it are written */
    public PlantedCorpus(Opened opened, Path folder) {
        this(opened, folder, PLANTED);
    }

    /**
     * A corpus in which a feature has activations of both signs.
     *
     * @param folder where the text and what is counted of it are written
     */
    public static PlantedCorpus signed(Opened opened, Path folder) {
        return new PlantedCorpus(opened, folder, SIGNED);
    }

    private PlantedCorpus(Opened opened, Path folder, float[][] planted) {
        StringBuilder letters = new StringBuilder();
        Random random = new Random(5);
        for (int i = 0; i < LETTERS; i++) {
            letters.append(random.nextInt(RARITY) == 0 ? 'e' : (char) ('a' + random.nextInt(4)));
        }
        text = letters.toString();
        try {
            file = Files.writeString(folder.resolve("corpus.txt"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        opened.service.answeredAtOnce.put(CorpusActivations.class, query -> activations(query, planted));
        statistics = new CorpusStatistics(opened.workbench, folder.resolve("counted"));
    }

    public CorpusStatistics statistics() {
        return statistics;
    }

    /** The text. */
    public Path file() {
        return file;
    }

    /** Counts over the text, which is done when this returns. */
    public void count() {
        statistics.corpus().set(CorpusFiles.of(file));
    }

    /** How often a letter is in the text. */
    public long occurrences(char letter) {
        return text.chars().filter(c -> c == letter).count();
    }

    private static List<SparseFeatures> activations(Query<?> query, float[][] planted) {
        List<Integer> offsets = new ArrayList<>(List.of(0));
        List<Integer> features = new ArrayList<>();
        List<Float> values = new ArrayList<>();
        for (int[] context : ((CorpusActivations) query).contexts().all()) {
            for (int letter : context) {
                for (int feature = 0; feature < planted.length; feature++) {
                    if (planted[feature][letter] != 0 && (feature != AT_E_AFTER_A || context[0] == 0)) {
                        features.add(feature);
                        values.add(planted[feature][letter]);
                    }
                }
                offsets.add(values.size());
            }
        }
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return List.of(new SparseFeatures(
                offsets.size() - 1,
                planted.length,
                offsets.stream().mapToInt(i -> i).toArray(),
                features.stream().mapToInt(i -> i).toArray(),
                floats));
    }
}

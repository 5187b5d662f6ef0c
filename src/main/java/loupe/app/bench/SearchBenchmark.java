package loupe.app.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.labels.Edit;
import loupe.labels.LabelBook;
import loupe.labels.LabelFile;
import loupe.search.FeatureSearch;
import loupe.search.SearchField;
import loupe.search.SearchQuery;
import loupe.search.WordIndex;

/**
 * Loading a file of 100,000 labels, and searching features by words: 24,576 and 131,072 of them, each with ten promoted
 * tokens, ten that it is active at, up to five texts of sixteen tokens, and labels on 10,000.
 */
final class SearchBenchmark implements Benchmark {
    private static final int LABELS = 100_000;
    private static final int LABELLED = 10_000;
    private static final int TOKENS = 10;
    private static final int TEXT_TOKENS = 16;
    private static final int MOST_TEXTS = 150_000;
    private static final String SAE = "0123456789abcdef01234567";
    private static final List<String> QUERIES = List.of("red", "re", "hundred", "label:red", "re ta lo", "zzz");

    @Override
    public String name() {
        return "search";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        load(bench, figures);
        for (int features : new int[] {24_576, 131_072}) {
            search(bench, figures, features);
        }
        return figures;
    }

    private static void load(Bench bench, Map<String, Object> figures) throws IOException {
        bench.report("search: writing " + LABELS + " labels");
        Path folder = Files.createTempDirectory("loupe-labels");
        Path file = folder.resolve("labels.jsonl");
        try {
            MadeWords words = new MadeWords(1);
            List<Edit> edits = new ArrayList<>();
            for (int feature = 0; feature < LABELS; feature++) {
                edits.add(new Edit.Label(SAE, feature, "imported", words.several(5), "somebody", 0.5));
            }
            new LabelFile(file).append(edits);
            double[] seconds = new double[7];
            for (int i = 0; i < seconds.length; i++) {
                long start = System.nanoTime();
                LabelBook book = new LabelFile(file).read().applyTo(new LabelBook());
                seconds[i] = (System.nanoTime() - start) / 1e9;
                if (book.features(SAE).size() != LABELS) {
                    throw new IllegalStateException(
                            "labels read are " + book.features(SAE).size());
                }
                if (i == 0) {
                    figures.put("first load of " + LABELS + " labels, ms", seconds[0] * 1e3);
                }
            }
            figures.put("load of " + LABELS + " labels", Timing.of(seconds).milliseconds());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    private static void search(Bench bench, Map<String, Object> figures, int features) {
        bench.report("search: indexing " + features + " features");
        MadeWords words = new MadeWords(2);
        int texts = Math.max(1, Math.min(5, MOST_TEXTS / features));
        long start = System.nanoTime();
        WordIndex.Builder builder = new WordIndex.Builder(features);
        for (int feature = 0; feature < features; feature++) {
            builder.add(SearchField.PROMOTED, feature, words.several(TOKENS));
            builder.add(SearchField.TOKEN, feature, words.several(TOKENS));
            builder.add(SearchField.EXAMPLE, feature, words.several(texts * TEXT_TOKENS));
        }
        WordIndex index = builder.build();
        figures.put(features + " features: build, ms", (System.nanoTime() - start) / 1e6);
        LabelBook book = new LabelBook();
        for (int feature = 0; feature < LABELLED; feature++) {
            book.apply(Edit.Label.own(SAE, feature * (features / LABELLED), words.several(5)), "");
        }
        FeatureSearch search = new FeatureSearch(features, List.of(index), book.features(SAE));
        for (String typed : QUERIES) {
            SearchQuery query = SearchQuery.parse(typed);
            int[] found = {0};
            Timing timing = Timing.of(5, 20, () -> found[0] = search.find(query).length);
            figures.put(features + " features: \"" + typed + "\", " + found[0] + " found", timing.milliseconds());
        }
    }
}

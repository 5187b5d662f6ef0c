package loupe.index;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.base.Cancellation;

/** A small index of {@link PlantedSource}'s activations, for tests of where indexes lie. */
public final class PlantedIndex {
    static final int TOKENS = 600;

    private PlantedIndex() {}

    /** A pass that builds it; the corpus is written beside the folder. */
    static IndexBuild of(Path folder, IndexBuild.Source source) {
        return new IndexBuild(
                new IndexBuild.Settings(
                        new IndexInfo.Named("model", "m"),
                        List.of(new IndexInfo.IndexedSae(
                                "sae-0", new IndexInfo.Named("planted", "s"), PlantedSource.FEATURES, "", 0)),
                        16,
                        OptionalInt.empty(),
                        DocumentPacking.PACKED,
                        Long.MAX_VALUE),
                Corpus.of(List.of(corpus(folder.resolveSibling("corpus.txt")))),
                PlantedIndex::ids,
                source,
                folder);
    }

    static int[] ids(String text) {
        return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
    }

    private static Path corpus(Path file) {
        try {
            Files.createDirectories(file.getParent());
            return Files.exists(file)
                    ? file
                    : Files.writeString(
                            file,
                            IntStream.range(0, TOKENS)
                                    .mapToObj(i -> String.valueOf(i * 37 % 97))
                                    .collect(Collectors.joining(" ")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Builds it. */
    public static Path build(Path folder) {
        of(folder, new PlantedSource()).run(false, progress -> {}, new Cancellation());
        return folder;
    }
}

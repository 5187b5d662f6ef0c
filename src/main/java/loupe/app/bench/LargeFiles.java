package loupe.app.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import loupe.tensor.DType;

/**
 * The files for measuring loading: an autoencoder and a language model of about 1 GB as float32, whose matrices must be
 * turned while they are read, each in both containers and three types.
 *
 * @param model whether it is a language model and not an autoencoder
 * @param torch whether it is a torch zip and not safetensors
 * @param share 1 for 1 GB, 2 for half of that
 */
record LargeFiles(boolean model, boolean torch, DType dtype, int share) {
    private static final int D = 768;
    private static final int FEATURES = 163_840;
    private static final int VOCABULARY = 50_304;
    private static final int D_MODEL = 1_024;
    private static final int LAYERS = 12;
    private static final int HEADS = 16;

    static List<LargeFiles> all(int share) {
        List<LargeFiles> all = new ArrayList<>();
        for (boolean model : new boolean[] {false, true}) {
            for (boolean torch : new boolean[] {false, true}) {
                for (DType dtype : List.of(DType.F32, DType.F16, DType.BF16)) {
                    all.add(new LargeFiles(model, torch, dtype, share));
                }
            }
        }
        return all;
    }

    /** What the file is, such as {@code model, torch zip, BF16}. */
    String title() {
        return (model ? "model" : "autoencoder") + ", " + (torch ? "torch zip" : "safetensors") + ", " + dtype;
    }

    /** Creates the files in a folder, passes it to {@code use}, and deletes them. */
    void with(Path folder, Use use) throws IOException {
        try {
            use.of(write(folder));
        } finally {
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.walk(folder)) {
                    files.sorted(Comparator.reverseOrder()).forEach(LargeFiles::delete);
                }
            }
        }
    }

    private Path write(Path folder) throws IOException {
        if (model) {
            return BenchModels.neoX(folder, dtype, torch, VOCABULARY / share, D_MODEL, LAYERS / share, HEADS);
        }
        return torch
                ? BenchModels.dictionary(folder, dtype, D, FEATURES / share, 40)
                : BenchModels.topKSae(folder, dtype, D, FEATURES / share, 40, "blocks.3.hook_resid_post");
    }

    /** The file that holds the weights. */
    Path weights(Path folder) {
        return folder.resolve(
                model
                        ? torch ? "pytorch_model.bin" : "model.safetensors"
                        : torch ? "ae.pt" : "sae_weights.safetensors");
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A use of the files. */
    @FunctionalInterface
    interface Use {
        void of(Path folder) throws IOException;
    }
}

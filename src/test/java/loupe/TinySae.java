package loupe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import loupe.tensor.HostTensor;

/** Small SAELens folders of ReLU autoencoders on {@code blocks.1.hook_resid_pre} of {@link TinyModel}. */
public final class TinySae {
    public static final int FEATURES = 12;

    private TinySae() {}

    /**
     * Random weights, standard normal.
     *
     * @return the folder
     */
    public static Path writeTo(Path folder, long seed) throws IOException {
        return writeTo(folder, seed, FEATURES);
    }

    /** Likewise, of any number of features. */
    public static Path writeTo(Path folder, long seed, int features) throws IOException {
        int d = TinyModel.CONFIG.dModel();
        Random random = new Random(seed);
        return write(
                folder,
                values(random, d, features),
                values(random, features, d),
                values(random, features),
                values(random, d));
    }

    /**
     * One that reconstructs exactly: encoder (I, -I), decoder its transpose, no biases; 2 dModel features.
     *
     * @return the folder
     */
    public static Path writePerfectTo(Path folder) throws IOException {
        int d = TinyModel.CONFIG.dModel();
        float[] encoder = new float[d * 2 * d];
        float[] decoder = new float[2 * d * d];
        for (int i = 0; i < d; i++) {
            encoder[i * 2 * d + i] = 1;
            encoder[i * 2 * d + d + i] = -1;
            decoder[i * d + i] = 1;
            decoder[(d + i) * d + i] = -1;
        }
        return write(
                folder,
                new HostTensor(encoder, d, 2 * d),
                new HostTensor(decoder, 2 * d, d),
                new HostTensor(new float[2 * d], 2 * d),
                new HostTensor(new float[d], d));
    }

    /**
     * Writes one of these weights: encoder (d, n), decoder (n, d).
     *
     * @return the folder
     */
    public static Path write(
            Path folder, HostTensor encoder, HostTensor decoder, HostTensor encoderBias, HostTensor decoderBias)
            throws IOException {
        Files.createDirectories(folder);
        TinyModel.writeSafetensors(
                folder.resolve("sae_weights.safetensors"),
                Map.of("W_enc", encoder, "W_dec", decoder, "b_enc", encoderBias, "b_dec", decoderBias));
        Files.writeString(
                folder.resolve("cfg.json"),
                "{\"architecture\": \"standard\", \"d_in\": " + decoder.size(1) + ", \"d_sae\": " + decoder.size(0)
                        + ", \"dtype\": \"float32\", \"apply_b_dec_to_input\": true, \"normalize_activations\": "
                        + "\"none\","
                        + " \"metadata\": {\"sae_lens_version\": \"6.18.0\", \"hook_name\": "
                        + "\"blocks.1.hook_resid_pre\"}}");
        return folder;
    }

    private static HostTensor values(Random random, int... shape) {
        int elements = 1;
        for (int axis : shape) {
            elements *= axis;
        }
        float[] data = new float[elements];
        for (int i = 0; i < elements; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new HostTensor(data, shape);
    }
}

package loupe.app.command;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.PcaSign;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.Refusal;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that make a ghost: of which feature, from which of its directions, how far from the centroid. */
final class GhostOptions {
    @Option(names = "--sae", paramLabel = "PATH", description = "The checkpoint the feature is of.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--vectors",
            paramLabel = "F",
            description = "Instead of a checkpoint: a safetensors file of W_enc [d, n] and W_dec [n, d].")
    private Path vectors;

    @Option(names = "--feature", paramLabel = "I", description = "The feature.")
    private Integer feature;

    @Option(names = "--weights", paramLabel = "WHICH", description = "encoder or decoder direction (default: encoder).")
    private String weights;

    @Option(
            names = "--encoder-mix",
            paramLabel = "A",
            description = "Direction A e + (1 - A) d of the two unit directions; replaces --weights.")
    private Double encoderMix;

    @Option(
            names = "--scale",
            paramLabel = "S",
            defaultValue = "3.8",
            description = "How far from the centroid (default: ${DEFAULT-VALUE}).")
    private double scale;

    @Option(
            names = "--pca",
            split = ",",
            paramLabel = "W",
            description = "Weights of principal components: u = (1 - sum W) f + sum W_j p_j.")
    private double[] pca = {};

    @Option(
            names = "--pca-sign",
            paramLabel = "SIGN",
            defaultValue = "+",
            description = "+ or -: the sign of a component's coordinate of largest magnitude.")
    private String pcaSign;

    @Option(names = "--no-centroid", description = "Do not add the centroid of the token embeddings.")
    private boolean noCentroid;

    private OpenSae opened;

    /** The checkpoint, if the ghost is of one of its features; open after {@link #settings}. */
    Optional<OpenSae> sae() {
        return Optional.ofNullable(opened);
    }

    Optional<Integer> feature() {
        return Optional.ofNullable(feature);
    }

    /**
     * Chooses the feature where a command says in another way which ones it is about.
     *
     * @throws Refusal if --feature was given beside it
     */
    void setFeature(int chosen, String insteadOf) {
        if (feature != null) {
            throw Refusal.usage("--feature goes without " + insteadOf);
        }
        feature = chosen;
    }

    /**
     * Checks what can be checked without a file.
     *
     * @param finished a ghost that is used as it is; null if it is to be made
     */
    void requireSensible(ArrayReference finished) {
        if (finished == null && (feature == null || (sae == null) == (vectors == null))) {
            throw Refusal.usage("give --feature I with either --sae PATH or --vectors F");
        }
        mix();
        sign();
        if (!Double.isFinite(scale) || DoubleStream.of(pca).anyMatch(w -> !Double.isFinite(w))) {
            throw Refusal.usage("--scale and --pca must be finite numbers");
        }
    }

    /**
     * What was asked for, with the checkpoint opened if there is one.
     *
     * @param finished see {@link #requireSensible}
     */
    GhostSettings settings(CommandContext context, OpenModel model, ArrayReference finished) {
        if (finished != null) {
            if (sae != null) {
                opened = reading.open(context, sae, "--sae");
            }
            return GhostSettings.finished(
                    finished.vector("--vector", model.config().dModel(), "the model's embedding"));
        }
        double mix = mix();
        return new GhostSettings(
                source(context, model, mix),
                mix,
                scale,
                !noCentroid,
                DoubleStream.of(pca).boxed().toList(),
                sign());
    }

    private PcaSign sign() {
        return switch (pcaSign) {
            case "+" -> PcaSign.POSITIVE;
            case "-" -> PcaSign.NEGATIVE;
            default -> throw Refusal.usage("--pca-sign is " + pcaSign + ", expected + or -");
        };
    }

    private double mix() {
        if (encoderMix != null) {
            if (weights != null) {
                throw Refusal.usage("--encoder-mix replaces --weights; give one of them");
            }
            if (!(encoderMix >= 0 && encoderMix <= 1)) {
                throw Refusal.usage("--encoder-mix is " + encoderMix + ", expected 0 to 1");
            }
            return encoderMix;
        }
        if (weights == null || weights.equals("encoder")) {
            return 1;
        }
        if (weights.equals("decoder")) {
            return 0;
        }
        throw Refusal.usage("--weights is " + weights + ", expected encoder or decoder");
    }

    private GhostSource source(CommandContext context, OpenModel model, double mix) {
        if (vectors != null) {
            return directions(model, mix);
        }
        opened = reading.open(context, sae, "--sae");
        requireFeature(opened.config().dSae(), sae);
        requireWidth(sae, model, opened.config().dIn());
        requireWidth(sae, model, opened.config().dOut());
        return new GhostSource.Feature(opened.id(), feature);
    }

    private void requireFeature(long features, Path where) {
        if (feature < 0 || feature >= features) {
            throw Refusal.usage("--feature is " + feature + ", " + where + " has " + features + " features");
        }
    }

    private static void requireWidth(Path where, OpenModel model, int width) {
        if (width != model.config().dModel()) {
            throw Refusal.content(where + ": its directions have " + width + " dimensions, but the embedding of "
                    + model.folder() + " has " + model.config().dModel() + ". Choose directions made for this model");
        }
    }

    /** A direction that the mix leaves out may be missing from the file. */
    private GhostSource directions(OpenModel model, double mix) {
        OptionPaths.existing(vectors, "--vectors");
        try (TensorArchive archive = TensorArchives.open(vectors)) {
            Optional<StoredTensor> encoder = mix == 0 ? archive.find("W_enc") : Optional.of(archive.tensor("W_enc"));
            Optional<StoredTensor> decoder = mix == 1 ? archive.find("W_dec") : Optional.of(archive.tensor("W_dec"));
            Optional<HostTensor> e = encoder.map(tensor -> column(tensor));
            Optional<HostTensor> d = decoder.map(tensor -> row(tensor));
            e.ifPresent(direction -> requireWidth(vectors, model, direction.size(0)));
            d.ifPresent(direction -> requireWidth(vectors, model, direction.size(0)));
            return new GhostSource.Directions(e.orElseGet(d::get), d.orElseGet(e::get));
        }
    }

    private HostTensor column(StoredTensor matrix) {
        requireMatrix(matrix);
        requireFeature(matrix.shape().get(1), vectors);
        HostTensor all = matrix.toHost();
        float[] values = new float[all.size(0)];
        for (int i = 0; i < values.length; i++) {
            values[i] = all.get(i, feature);
        }
        return new HostTensor(values, values.length);
    }

    private HostTensor row(StoredTensor matrix) {
        requireMatrix(matrix);
        requireFeature(matrix.shape().get(0), vectors);
        float[] values = matrix.toHost().row(feature);
        return new HostTensor(values, values.length);
    }

    private void requireMatrix(StoredTensor tensor) {
        if (tensor.shape().size() != 2) {
            throw Refusal.content(vectors + ": " + tensor.name() + " is " + tensor.shape() + ", expected a matrix");
        }
    }

    /** What the result says about how its ghost was made. */
    GhostDescription describe(OpenModel model, GhostSettings settings, ArrayReference finished) {
        return finished == null
                ? describe(model, settings)
                : new GhostDescription.Finished(model.id().name(), finished.toString());
    }

    /** The same where the ghost is made of a feature. */
    GhostDescription.Made describe(OpenModel model, GhostSettings settings) {
        return new GhostDescription.Made(
                model.id().name(),
                sae().map(checkpoint -> checkpoint.id().name()),
                Optional.ofNullable(vectors).map(Path::toString),
                feature,
                settings.encoderMix(),
                Optional.of(settings.scale()),
                List.copyOf(settings.pcaWeights()),
                settings.pcaSign().symbol(),
                settings.centroid());
    }
}

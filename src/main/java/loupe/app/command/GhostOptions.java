package loupe.app.command;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import loupe.analysis.Fit;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.PcaSign;
import loupe.analysis.ghost.TokenGeometry;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.base.NumberRange;
import loupe.base.Refusal;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that make a ghost: of which feature, from which of its directions, how far from the centroid. */
@OptionSection("Ghost")
public abstract class GhostOptions {
    private static final String FEATURE = "Index of the feature, from 0.";
    private static final String SAE = "Checkpoint of the feature.";
    private static final String VECTORS =
            "Instead of a checkpoint: a safetensors file of W_enc [d, n] and W_dec [n, d].";

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--weights",
            paramLabel = "WHICH",
            description = "Direction of the feature: encoder or decoder (default: encoder).")
    private String weights;

    @Option(
            names = "--encoder-mix",
            paramLabel = "A",
            description = "Share of the encoder, 0 to 1: direction A e + (1 - A) d of the two unit directions; "
                    + "replaces --weights.")
    @OptionRange(most = 1)
    private Double encoderMix;

    @Option(
            names = "--scale",
            paramLabel = "S",
            description =
                    "Distance from the centroid (default: the mean distance of a token from it; the notebook that "
                            + "definition trees come from has 3.8).")
    @OptionRange(least = -NumberRange.LARGEST, most = NumberRange.LARGEST)
    private @Nullable Double scale;

    @Option(
            names = "--pca",
            split = ",",
            paramLabel = "W",
            description = "Weights of principal components: u = (1 - sum W) f + sum W_j p_j.")
    @OptionRange(least = -NumberRange.LARGEST, most = NumberRange.LARGEST)
    private double[] pca = {};

    @Option(
            names = "--pca-sign",
            paramLabel = "SIGN",
            defaultValue = "+",
            description = "Sign of a component's coordinate of largest magnitude: + or - (default: ${DEFAULT-VALUE}).")
    private String pcaSign;

    @Option(names = "--no-centroid", description = "Do not add the centroid of the token embeddings.")
    private boolean noCentroid;

    private @Nullable OpenSae opened;

    /** Options for the ghost of one feature, from a checkpoint or from a file of vectors. */
    @OptionSection(value = "Ghost", choice = "(--sae=PATH | --vectors=F)")
    public static final class OfFeature extends GhostOptions {
        @Option(names = "--feature", required = true, paramLabel = "I", description = FEATURE)
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private int feature;

        @Option(names = "--sae", paramLabel = "PATH", description = SAE)
        private Path sae;

        @Option(names = "--vectors", paramLabel = "F", description = VECTORS)
        private Path vectors;

        @Override
        public Optional<Integer> feature() {
            return Optional.of(feature);
        }

        @Override
        Optional<Path> checkpoint() {
            return Optional.ofNullable(sae);
        }

        @Override
        Optional<Path> vectors() {
            return Optional.ofNullable(vectors);
        }
    }

    /** Options for the ghost of one feature, or for a finished ghost from a file. */
    @OptionSection(value = "Ghost", choice = "(--feature=I (--sae=PATH | --vectors=F) | --vector=F:NAME)")
    public static final class OfFeatureOrFinished extends GhostOptions {
        @Option(names = "--feature", paramLabel = "I", description = FEATURE)
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private Integer feature;

        @Option(names = "--sae", paramLabel = "PATH", description = SAE)
        private Path sae;

        @Option(names = "--vectors", paramLabel = "F", description = VECTORS)
        private Path vectors;

        @Option(
                names = "--vector",
                paramLabel = "F:NAME",
                converter = ArrayReference.Converter.class,
                description = "Instead of a feature: a finished ghost, an array [d] of a safetensors file.")
        private ArrayReference vector;

        @Override
        public Optional<Integer> feature() {
            return Optional.ofNullable(feature);
        }

        @Override
        Optional<Path> checkpoint() {
            return Optional.ofNullable(sae);
        }

        @Override
        Optional<Path> vectors() {
            return Optional.ofNullable(vectors);
        }

        @Override
        Optional<ArrayReference> finished() {
            return Optional.ofNullable(vector);
        }
    }

    /** Options for the ghosts of many features of a checkpoint. */
    static final class OfMany extends GhostOptions {
        @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint of the features.")
        private Path sae;

        @Override
        public Optional<Integer> feature() {
            return Optional.of(0);
        }

        @Override
        Optional<Path> checkpoint() {
            return Optional.of(sae);
        }

        @Override
        Optional<Path> vectors() {
            return Optional.empty();
        }
    }

    /** The checkpoint, if the ghost is of one of its features; open after {@link #settings}. */
    public final Optional<OpenSae> sae() {
        return Optional.ofNullable(opened);
    }

    /** The feature's index. */
    public abstract Optional<Integer> feature();

    /** The checkpoint's path. */
    abstract Optional<Path> checkpoint();

    /** The file of directions that stands for a checkpoint. */
    abstract Optional<Path> vectors();

    /** A ghost that is used as it is. */
    Optional<ArrayReference> finished() {
        return Optional.empty();
    }

    /** Checks what can be checked without a file. */
    public final void requireSensible() {
        if (finished().isEmpty()
                && (feature().isEmpty() || checkpoint().isEmpty() == vectors().isEmpty())) {
            throw new UsageException(
                    "Expected " + getClass().getAnnotation(OptionSection.class).choice());
        }
        mix();
        sign();
    }

    /** The settings that the options ask for; opens the checkpoint if there is one. */
    public final GhostSettings settings(CommandContext context, OpenModel model) {
        if (finished().isPresent()) {
            checkpoint().ifPresent(sae -> opened = reading.open(context, sae, "--sae"));
            return GhostSettings.finished(
                    finished().get().vector("--vector", model.config().dModel(), "the model's embedding"));
        }
        double mix = mix();
        return new GhostSettings(
                source(context, model, mix),
                mix,
                scale == null ? context.ask(new TokenGeometry(model.id())).meanDistance() : scale,
                !noCentroid,
                DoubleStream.of(pca).boxed().toList(),
                sign());
    }

    private PcaSign sign() {
        return switch (pcaSign) {
            case "+" -> PcaSign.POSITIVE;
            case "-" -> PcaSign.NEGATIVE;
            default -> throw new UsageException("--pca-sign is " + pcaSign + ", expected + or -");
        };
    }

    private double mix() {
        if (encoderMix != null) {
            if (weights != null) {
                throw new UsageException("--encoder-mix replaces --weights; give one of them");
            }
            return encoderMix;
        }
        if (weights == null || weights.equals("encoder")) {
            return 1;
        }
        if (weights.equals("decoder")) {
            return 0;
        }
        throw new UsageException("--weights is " + weights + ", expected encoder or decoder");
    }

    private GhostSource source(CommandContext context, OpenModel model, double mix) {
        int feature = feature().orElseThrow();
        if (vectors().isPresent()) {
            return directions(vectors().get(), feature, model, mix);
        }
        Path sae = checkpoint().orElseThrow();
        opened = reading.open(context, sae, "--sae");
        requireFeature(feature, opened.config().dSae(), sae);
        SaeArguments.require(new Fit(model.config(), opened.config()).misfitOfGhost(), opened, model);
        return new GhostSource.Feature(opened.id(), feature);
    }

    private static void requireFeature(int feature, long features, Path where) {
        if (feature < 0 || feature >= features) {
            throw new UsageException("--feature is " + feature + ", " + where + " has " + features + " features");
        }
    }

    private static void requireWidth(Path where, OpenModel model, int width) {
        if (width != model.config().dModel()) {
            throw new Refusal(where + ": its directions have " + width + " dimensions, but the embedding of "
                    + model.folder() + " has " + model.config().dModel() + ". Choose directions made for this model");
        }
    }

    /** A direction that the mix leaves out may be missing from the file. */
    private static GhostSource directions(Path vectors, int feature, OpenModel model, double mix) {
        OptionPaths.existing(vectors, "--vectors");
        try (TensorArchive archive = TensorArchives.open(vectors)) {
            Optional<StoredTensor> encoder = mix == 0 ? archive.find("W_enc") : Optional.of(archive.tensor("W_enc"));
            Optional<StoredTensor> decoder = mix == 1 ? archive.find("W_dec") : Optional.of(archive.tensor("W_dec"));
            Optional<HostTensor> e = encoder.map(tensor -> column(vectors, tensor, feature));
            Optional<HostTensor> d = decoder.map(tensor -> row(vectors, tensor, feature));
            e.ifPresent(direction -> requireWidth(vectors, model, direction.size(0)));
            d.ifPresent(direction -> requireWidth(vectors, model, direction.size(0)));
            return new GhostSource.Directions(e.orElseGet(d::get), d.orElseGet(e::get));
        }
    }

    private static HostTensor column(Path vectors, StoredTensor matrix, int feature) {
        requireMatrix(vectors, matrix);
        requireFeature(feature, matrix.shape().get(1), vectors);
        HostTensor all = matrix.toHost();
        float[] values = new float[all.size(0)];
        for (int i = 0; i < values.length; i++) {
            values[i] = all.get(i, feature);
        }
        return new HostTensor(values, values.length);
    }

    private static HostTensor row(Path vectors, StoredTensor matrix, int feature) {
        requireMatrix(vectors, matrix);
        requireFeature(feature, matrix.shape().get(0), vectors);
        float[] values = matrix.toHost().row(feature);
        return new HostTensor(values, values.length);
    }

    private static void requireMatrix(Path vectors, StoredTensor tensor) {
        if (tensor.shape().size() != 2) {
            throw new Refusal(vectors + ": " + tensor.name() + " is " + tensor.shape() + ", expected a matrix");
        }
    }

    /** The description of the ghost for the result. */
    final GhostDescription describe(OpenModel model, GhostSettings settings) {
        return finished().isPresent()
                ? new GhostDescription.Finished(
                        model.id().name(), finished().get().toString())
                : describeMade(model, settings);
    }

    /** The same where the ghost is made of a feature. */
    final GhostDescription.Made describeMade(OpenModel model, GhostSettings settings) {
        return new GhostDescription.Made(
                model.id().name(),
                sae().map(checkpoint -> checkpoint.id().name()),
                vectors().map(Path::toString),
                feature().orElseThrow(),
                settings.encoderMix(),
                Optional.of(settings.scale()),
                List.copyOf(settings.pcaWeights()),
                settings.pcaSign().symbol(),
                settings.centroid());
    }
}

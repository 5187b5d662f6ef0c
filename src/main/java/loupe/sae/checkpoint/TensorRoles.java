package loupe.sae.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.format.TensorArchive;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;
import loupe.tensor.StoredTensor;

/**
 * Which tensors of a file of no known family are the encoder, the decoder and so on, as the user says:
 * {@code encoder=enc.w,decoder=dec.w,encoder-bias=enc.b}. Which way round a matrix lies is found from the shapes; of a
 * square one it has to be said, as {@code encoder:rows=enc.w} where each row is a feature, or {@code encoder:columns=}.
 * The rest of the mathematics is the user's choice too: a ReLU, nothing subtracted, unless another activation function,
 * k or the subtraction of b_dec is chosen; thresholds make it JumpReLU.
 *
 * @param tensors the tensor of each role, by its name in the file
 */
public record TensorRoles(Map<Role, Tensor> tensors) {
    static final String FORMAT = "named tensors";

    public TensorRoles {
        Map<Role, Tensor> ordered = new EnumMap<>(Role.class);
        ordered.putAll(tensors);
        tensors = ordered;
        if (!tensors.containsKey(Role.ENCODER) || !tensors.containsKey(Role.DECODER)) {
            throw new Refusal(
                    "the tensors are " + words(tensors),
                    "at least an encoder and a decoder",
                    "Write them as encoder=NAME,decoder=NAME, with encoder-bias, decoder-bias and threshold if there "
                            + "are");
        }
    }

    /** What a tensor can be. */
    public enum Role {
        ENCODER(Part.ENCODER),
        DECODER(Part.DECODER),
        ENCODER_BIAS(Part.ENCODER_BIAS),
        DECODER_BIAS(Part.DECODER_BIAS),
        /** Thresholds of a JumpReLU, one for each feature. */
        THRESHOLD(Part.THRESHOLD);

        private final Part part;

        Role(Part part) {
            this.part = part;
        }

        /** The name, as it is written: {@code encoder-bias}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Whether it is a matrix, which may lie either way round. */
        public boolean isMatrix() {
            return this == ENCODER || this == DECODER;
        }

        private static Optional<Role> of(String label) {
            return Arrays.stream(values())
                    .filter(role -> role.label().equals(label))
                    .findFirst();
        }
    }

    /** Which way round a matrix lies. */
    public enum Orientation {
        /** The shape says it. */
        FROM_SHAPE(""),
        /** Each row is a feature. */
        ROWS(":rows"),
        /** Each column is a feature. */
        COLUMNS(":columns");

        private final String suffix;

        Orientation(String suffix) {
            this.suffix = suffix;
        }
    }

    /** A tensor by its name in the file, and which way round it lies. */
    public record Tensor(String name, Orientation orientation) {}

    /**
     * Reads roles from their text.
     *
     * @throws Refusal if the text is none
     */
    public static TensorRoles parse(String text) {
        Map<Role, Tensor> tensors = new EnumMap<>(Role.class);
        for (String entry : text.split(",", -1)) {
            int equals = entry.indexOf('=');
            String[] said = entry.substring(0, Math.max(0, equals)).strip().split(":", 2);
            Role role = Role.of(said[0])
                    .orElseThrow(() -> new Refusal(
                            "\"" + entry.strip() + "\" names no tensor",
                            "ROLE=NAME, with one of "
                                    + Arrays.stream(Role.values())
                                            .map(Role::label)
                                            .collect(Collectors.joining(", ")),
                            ""));
            Orientation orientation = said.length == 1
                    ? Orientation.FROM_SHAPE
                    : Arrays.stream(Orientation.values())
                            .filter(way -> role.isMatrix() && way.suffix.equals(":" + said[1]))
                            .findFirst()
                            .orElseThrow(() -> new Refusal(
                                    "\"" + entry.strip() + "\" says " + said[1],
                                    "rows or columns, for an encoder or decoder",
                                    ""));
            if (tensors.put(role, new Tensor(entry.substring(equals + 1).strip(), orientation)) != null) {
                throw new Refusal(role.label() + " is given twice", "each role once", "");
            }
        }
        return new TensorRoles(tensors);
    }

    /** The roles as {@link #parse} reads them. */
    public String text() {
        return words(tensors);
    }

    private static String words(Map<Role, Tensor> tensors) {
        return tensors.isEmpty()
                ? "none"
                : tensors.entrySet().stream()
                        .map(entry -> entry.getKey().label() + entry.getValue().orientation().suffix + "="
                                + entry.getValue().name())
                        .collect(Collectors.joining(","));
    }

    /**
     * The tensors that a role can be given to, by their shapes alone.
     *
     * @param choices the names of the tensors for each role, in file order
     * @param likely the roles as shapes and names suggest them; empty if they suggest none
     */
    public record Choices(Map<Role, List<String>> choices, Optional<TensorRoles> likely) {}

    /**
     * Looks at a file for what its tensors may be.
     *
     * @throws loupe.base.CheckpointException if it cannot be read
     */
    public static Choices of(Path path) {
        try (CheckpointFiles files = CheckpointFiles.open(path)) {
            Map<Role, List<String>> choices = new EnumMap<>(Role.class);
            for (Role role : Role.values()) {
                choices.put(
                        role, names(files.archive(), tensor -> tensor.shape().size() == (role.isMatrix() ? 2 : 1)));
            }
            return new Choices(choices, likely(files));
        }
    }

    /**
     * The roles that shapes suggest, and names where several tensors have the same shape: the two matrices of one
     * autoencoder, or the only one as both, and the vectors that fit their axes. Empty if there is no such pair.
     */
    static Optional<TensorRoles> likely(CheckpointFiles files) {
        TensorArchive archive = files.archive();
        List<String> matrices = names(archive, tensor -> tensor.shape().size() == 2);
        String encoder = first(matrices, "enc").orElse(matrices.isEmpty() ? null : matrices.get(0));
        if (encoder == null) {
            return Optional.empty();
        }
        List<Long> shape = archive.tensor(encoder).shape();
        List<Long> turned = List.of(shape.get(1), shape.get(0));
        List<String> partners = matrices.stream()
                .filter(name -> !name.equals(encoder))
                .filter(name -> archive.tensor(name).shape().equals(shape)
                        || archive.tensor(name).shape().equals(turned))
                .toList();
        Optional<String> decoder = partners.size() == 1
                ? Optional.of(partners.get(0))
                : matrices.size() == 1 ? Optional.of(encoder) : first(partners, "dec");
        return decoder.map(found -> roles(archive, encoder, found, shape));
    }

    private static TensorRoles roles(TensorArchive archive, String encoder, String decoder, List<Long> shape) {
        Map<Role, Tensor> tensors = new EnumMap<>(Role.class);
        tensors.put(Role.ENCODER, new Tensor(encoder, Orientation.FROM_SHAPE));
        tensors.put(Role.DECODER, new Tensor(decoder, Orientation.FROM_SHAPE));
        long features = Math.max(shape.get(0), shape.get(1));
        long width = Math.min(shape.get(0), shape.get(1));
        List<String> perFeature = names(archive, tensor -> tensor.shape().equals(List.of(features)));
        List<String> perDimension = names(archive, tensor -> tensor.shape().equals(List.of(width)));
        Optional<String> threshold = first(perFeature, "thresh", "theta");
        threshold.ifPresent(name -> tensors.put(Role.THRESHOLD, new Tensor(name, Orientation.FROM_SHAPE)));
        if (features > width) {
            List<String> biases = perFeature.stream()
                    .filter(name -> threshold.filter(name::equals).isEmpty())
                    .toList();
            (biases.size() == 1 ? Optional.of(biases.get(0)) : first(biases, "enc", "latent", "bias"))
                    .ifPresent(name -> tensors.put(Role.ENCODER_BIAS, new Tensor(name, Orientation.FROM_SHAPE)));
            (perDimension.size() == 1 ? Optional.of(perDimension.get(0)) : first(perDimension, "dec", "pre", "bias"))
                    .ifPresent(name -> tensors.put(Role.DECODER_BIAS, new Tensor(name, Orientation.FROM_SHAPE)));
        } else {
            first(perFeature, "enc")
                    .ifPresent(n -> tensors.put(Role.ENCODER_BIAS, new Tensor(n, Orientation.FROM_SHAPE)));
            first(perFeature, "dec")
                    .ifPresent(n -> tensors.put(Role.DECODER_BIAS, new Tensor(n, Orientation.FROM_SHAPE)));
        }
        return new TensorRoles(tensors);
    }

    private static List<String> names(TensorArchive archive, Predicate<StoredTensor> wanted) {
        return archive.names().stream()
                .filter(name -> archive.tensor(name).dtype().isFloating() && wanted.test(archive.tensor(name)))
                .toList();
    }

    /** The first name that has one of these words in it. */
    private static Optional<String> first(List<String> names, String... words) {
        return Arrays.stream(words)
                .flatMap(word -> names.stream()
                        .filter(name -> name.toLowerCase(Locale.ROOT).contains(word)))
                .findFirst();
    }

    /**
     * Reads the facts that the roles and the shapes of their tensors state.
     *
     * @throws loupe.base.CheckpointException if a tensor is not there, or the shapes leave open which way round one
     *     lies
     */
    SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        Map<Role, String> names = new EnumMap<>(Role.class);
        tensors.forEach((role, tensor) -> names.put(
                role,
                files.local(tensor.name())
                        .orElseThrow(() -> files.refused(
                                "there is no tensor " + tensor.name() + " in it, only " + files.summary(),
                                "",
                                "",
                                Remedy.give(
                                        Choice.TENSORS,
                                        likely(files).map(TensorRoles::text).orElse(""))))));
        long[] encoder = matrix(files, names, Role.ENCODER);
        long[] decoder = matrix(files, names, Role.DECODER);
        OptionalLong features = length(files, names, Role.ENCODER_BIAS);
        if (features.isEmpty()) {
            features = length(files, names, Role.THRESHOLD);
        }
        Orientation decoderLies =
                Objects.requireNonNull(tensors.get(Role.DECODER)).orientation();
        if (features.isEmpty() && decoderLies != Orientation.FROM_SHAPE) {
            features = OptionalLong.of(decoderLies == Orientation.ROWS ? decoder[0] : decoder[1]);
        }
        OptionalLong width = length(files, names, Role.DECODER_BIAS);
        boolean rows = featuresInRows(files, Role.ENCODER, encoder, features, width, decoder);
        long dSae = rows ? encoder[0] : encoder[1];
        boolean decoderRows = featuresInRows(files, Role.DECODER, decoder, OptionalLong.of(dSae), width, encoder);
        SaeDraft draft = new SaeDraft(files, FORMAT, rows ? encoder[1] : encoder[0], dSae);
        draft.dOut(Math.toIntExact(decoderRows ? decoder[1] : decoder[0]));
        names.forEach((role, name) ->
                draft.take(role.part, name, role == Role.ENCODER ? rows : role == Role.DECODER && decoderRows));
        if (!names.containsKey(Role.DECODER_BIAS)) {
            draft.change(weights -> {
                if (!weights.has(Part.DECODER_BIAS)) {
                    weights.vector(Part.DECODER_BIAS, new float[draft.dOut()]);
                }
            });
        }
        activation(options, draft);
        return draft;
    }

    private void activation(SaeOptions options, SaeDraft draft) {
        Activation.Kind kind = tensors.containsKey(Role.THRESHOLD)
                ? Activation.Kind.JUMPRELU
                : options.k().isPresent() ? Activation.Kind.TOPK : Activation.Kind.RELU;
        draft.activation().is(kind);
        if (options.activation().isEmpty() && kind == Activation.Kind.RELU) {
            draft.warn("Nothing says which activation function it has: read as a ReLU");
        }
        if (options.subtractDecoderBias().isEmpty() && tensors.containsKey(Role.DECODER_BIAS) && !draft.transcodes()) {
            draft.warn("Nothing says whether b_dec is subtracted before encoding: read as not subtracted");
        }
    }

    private static long[] matrix(CheckpointFiles files, Map<Role, String> names, Role role) {
        String name = Objects.requireNonNull(names.get(role));
        long[] shape = files.shape(name);
        if (shape.length != 2) {
            throw files.refused(
                    "the " + role.label() + " " + name + " is " + Arrays.toString(shape), "a matrix of two axes");
        }
        return shape;
    }

    private static OptionalLong length(CheckpointFiles files, Map<Role, String> names, Role role) {
        return names.containsKey(role)
                ? OptionalLong.of(MatrixOrientation.length(files, Objects.requireNonNull(names.get(role))))
                : OptionalLong.empty();
    }

    /**
     * Whether each row of a matrix is a feature: as said, or as the number of features decides, or the width of the
     * decoder's bias, or the axis it shares with the other matrix; a file of no vectors has more features than
     * dimensions.
     */
    private boolean featuresInRows(
            CheckpointFiles files, Role role, long[] shape, OptionalLong features, OptionalLong width, long[] other) {
        Tensor tensor = tensors.get(role);
        if (tensor == null || tensor.orientation() != Orientation.FROM_SHAPE) {
            return tensor != null && tensor.orientation() == Orientation.ROWS;
        }
        if (shape[0] == shape[1]) {
            Map<Role, Tensor> said = new EnumMap<>(tensors);
            said.put(role, new Tensor(tensor.name(), Orientation.ROWS));
            throw files.refused(
                    "the " + role.label() + " " + tensor.name() + " is square, " + Arrays.toString(shape)
                            + ", so its shape does not say whether a row or a column is a feature",
                    "",
                    "",
                    Remedy.give(Choice.TENSORS, new TensorRoles(said).text()));
        }
        if (features.isPresent()) {
            long n = features.getAsLong();
            if (shape[0] != n && shape[1] != n) {
                throw files.refused(
                        "the " + role.label() + " " + tensor.name() + " is " + Arrays.toString(shape),
                        "an axis of " + n + " features");
            }
            return shape[0] == n;
        }
        List<Long> otherAxes = new ArrayList<>(List.of(other[0], other[1]));
        if (width.isPresent() && otherAxes.remove(width.getAsLong()) && Arrays.equals(sorted(shape), sorted(other))) {
            return shape[0] == otherAxes.get(0);
        }
        return shape[0] > shape[1];
    }

    private static long[] sorted(long[] shape) {
        long[] sorted = shape.clone();
        Arrays.sort(sorted);
        return sorted;
    }
}

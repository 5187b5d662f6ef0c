package loupe.app.command;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import loupe.analysis.Fit;
import loupe.analysis.Misfit;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.OptionWords;
import loupe.app.cli.UsageException;
import loupe.base.HookPoint;
import loupe.base.NumberRange;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Pending;
import loupe.sae.checkpoint.SaeFamilies;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.sae.checkpoint.TensorRoles;
import picocli.CommandLine.Option;

/** The options that complete or override what a checkpoint's files state. */
@OptionSection("Checkpoint, to complete or override what its files say")
public class ReadingArguments {
    @Option(
            names = "--sae-format",
            paramLabel = "NAME",
            description = "Format of the files, instead of the one recognised by content.")
    private String format;

    @Option(names = "--k", paramLabel = "K", description = "Active features per token.")
    @OptionRange(least = 1, most = OptionRange.MOST_LISTED)
    private Integer k;

    @Option(names = "--layer", paramLabel = "L", description = "Layer of the hook point, from 0.")
    @OptionRange(most = HookPoint.MOST_LAYERS - 1)
    private Integer layer;

    @Option(
            names = "--hook",
            paramLabel = "NAME",
            description = "Hook point, such as blocks.6.hook_resid_pre or model.layers.6.mlp.")
    private String hook;

    @Option(
            names = "--activation",
            paramLabel = "NAME",
            description = "Activation function, instead of the file's: relu, topk, batchtopk, jumprelu or gated.")
    private String activation;

    @Option(
            names = "--norm-factor",
            paramLabel = "S",
            description = "Factor of the input, for a checkpoint trained with expected_average_only_in.")
    @OptionRange(least = NumberRange.ABOVE_ZERO, most = NumberRange.LARGEST)
    private Double normFactor;

    @Option(
            names = "--processing",
            paramLabel = "WHICH",
            description =
                    "Residual stream it was trained on: raw, or processed (centred, as TransformerLens does where "
                            + "the model has LayerNorm).")
    private String processing;

    @Option(
            names = "--subtract-b-dec",
            negatable = true,
            description = "Whether b_dec is subtracted before encoding, instead of what the file says.")
    private Boolean subtract;

    @Option(
            names = "--subtract-mean",
            negatable = true,
            description = "Whether a mean of the activations that the file stores is subtracted before encoding and "
                    + "added back after decoding (default: if there is one).")
    private Boolean mean;

    @Option(
            names = "--sae-side",
            paramLabel = "N",
            description = "Model or layer of a crosscoder that is read, or layer that a cross-layer transcoder writes "
                    + "to, from 0.")
    @OptionRange(most = HookPoint.MOST_LAYERS - 1)
    private Integer side;

    @Option(
            names = "--tensors",
            paramLabel = "ROLE=NAME,..",
            description =
                    "Which tensors are the parts, for files of no known format: encoder=NAME,decoder=NAME and, if "
                            + "there are, encoder-bias, decoder-bias and threshold. Square matrices need "
                            + "encoder:rows= or "
                            + "encoder:columns=, by where a feature lies.")
    private String tensors;

    /** Whether the norms of the decoder directions are folded into the encoder. */
    protected boolean folds() {
        return false;
    }

    /** Opens a checkpoint and passes its warnings on. */
    public OpenSae open(CommandContext context, Path path, String option) {
        return open(context, path, Optional.empty(), option);
    }

    /**
     * Likewise, at a place of its own.
     *
     * @param at where it reads; empty for what --hook, --layer or its files say
     */
    public OpenSae open(CommandContext context, Path path, Optional<HookPoint> at, String option) {
        OptionPaths.existing(path, option);
        return opened(context, path, at.isPresent() ? options(at) : options(path));
    }

    /**
     * Opens a checkpoint of which only directions and biases are wanted, so that it need not be known how many features
     * fire: where nothing says k, it is read as if all that are positive did.
     */
    public OpenSae openForDirections(CommandContext context, Path path, String option) {
        OptionPaths.existing(path, option);
        SaeOptions options = options(path);
        boolean kIsOpen = activation == null
                && SaeFile.read(path, options).proposal().missing().contains(SaeProposal.Missing.K);
        return opened(
                context,
                path,
                kIsOpen ? options.change().activation(Optional.of("relu")).build() : options);
    }

    private static OpenSae opened(CommandContext context, Path path, SaeOptions options) {
        OpenSae opened = Pending.await(context.service().openSae(path, options));
        opened.warnings().forEach(warning -> context.warn(path + ": " + warning));
        return opened;
    }

    /**
     * Goes on only with a checkpoint that fits the model.
     *
     * @throws UsageException if it does not say where it reads, which the command line has to
     * @throws Refusal if it does not fit
     */
    public static void require(Optional<Misfit> misfit, OpenSae sae, OpenModel model) {
        require(misfit, sae.path(), model.id().name());
    }

    /**
     * The same for a checkpoint and a model that are not open.
     *
     * @param model its name
     */
    public static void require(Optional<Misfit> misfit, Path sae, String model) {
        misfit.ifPresent(why -> {
            Refusal refusal = why.refusal(sae.toString(), model);
            throw why instanceof Misfit.PlaceUnknown ? new UsageException(OptionWords.of(refusal)) : refusal;
        });
    }

    /**
     * Goes on only with a feature that the checkpoint has.
     *
     * @throws UsageException if it has not
     */
    public static void requireFeature(int feature, OpenSae sae, String option) {
        if (feature >= sae.config().dSae()) {
            throw new UsageException(option + ": " + feature + " is no feature of " + sae.path() + ", which are 0 to "
                    + (sae.config().dSae() - 1));
        }
    }

    /** The factor of the input that was given; 1 if none was. */
    double normFactor() {
        return normFactor == null ? 1 : normFactor;
    }

    /** Says so if --processing was given and makes no difference in this model. */
    public void warnOfProcessing(CommandContext context, OpenSae sae, OpenModel model) {
        if (processing != null && centred(processing)) {
            new Fit(model.config(), sae.config())
                    .unprocessed()
                    .ifPresent(why -> context.warn("--processing processed changes nothing. " + why));
        }
    }

    /** Whether --sae-format or --tensors was given. */
    boolean namesFormat() {
        return format != null || tensors != null;
    }

    /** The options given, with a layer alone completed to the hook point that the files suggest. */
    public SaeOptions options(Path path) {
        Optional<HookPoint> given = Optional.ofNullable(hook).map(this::hookPoint);
        SaeOptions options = options(given);
        if (given.isEmpty() && layer != null) {
            SaeFile file = SaeFile.read(path, options);
            HookPoint.Site site = file.proposal()
                    .hook()
                    .map(HookPoint::site)
                    .filter(HookPoint.Site::inBlock)
                    .orElse(file.format().equals("tokenized") ? HookPoint.Site.RESID_PRE : HookPoint.Site.RESID_POST);
            options = options(Optional.of(new HookPoint(site, layer)));
        }
        return options;
    }

    private SaeOptions options(Optional<HookPoint> at) {
        requireKnown("--sae-format", format, SaeFamilies.formats());
        requireKnown("--activation", activation, SaeFile.activations());
        if (format != null && tensors != null) {
            throw new UsageException("--sae-format and --tensors exclude each other: name the format or the tensors");
        }
        if (k != null && k < 1) {
            throw new UsageException("--k is " + k + ", at least 1 is needed");
        }
        if (layer != null && layer < 0) {
            throw new UsageException("--layer is " + layer + ", layers are counted from 0");
        }
        if (side != null && side < 0) {
            throw new UsageException("--sae-side is " + side + ", sides are counted from 0");
        }
        return SaeOptions.builder()
                .format(Optional.ofNullable(format))
                .k(k == null ? OptionalInt.empty() : OptionalInt.of(k))
                .hook(at)
                .activation(Optional.ofNullable(activation))
                .normFactor(normFactor == null ? OptionalDouble.empty() : OptionalDouble.of(normFactor))
                .centred(Optional.ofNullable(processing).map(ReadingArguments::centred))
                .fold(folds())
                .subtractDecoderBias(Optional.ofNullable(subtract))
                .subtractMean(Optional.ofNullable(mean))
                .side(side == null ? OptionalInt.empty() : OptionalInt.of(side))
                .tensors(Optional.ofNullable(tensors).map(ReadingArguments::roles))
                .build();
    }

    private static TensorRoles roles(String tensors) {
        try {
            return TensorRoles.parse(tensors);
        } catch (Refusal refusal) {
            throw new UsageException("--tensors: " + refusal.getMessage());
        }
    }

    private static void requireKnown(String option, String value, List<String> known) {
        if (value != null && !known.contains(value)) {
            throw new UsageException(option + " is " + value + ", expected one of " + String.join(", ", known));
        }
    }

    private static boolean centred(String processing) {
        if (!processing.equals("raw") && !processing.equals("processed")) {
            throw new UsageException("--processing is " + processing + ", expected raw or processed");
        }
        return processing.equals("processed");
    }

    /** A full name, or the part after the layer if --layer gives the layer. */
    private HookPoint hookPoint(String name) {
        return HookPoint.parse(name)
                .or(() -> Optional.ofNullable(layer).flatMap(l -> HookPoint.parse("blocks." + l + "." + name)))
                .orElseThrow(() -> new UsageException("--hook: " + name + " is no hook point; the nearest are "
                        + String.join(", ", HookPoint.nearest(name))));
    }
}

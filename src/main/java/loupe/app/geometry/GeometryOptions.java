package loupe.app.geometry;

import java.nio.file.Path;
import java.util.Optional;
import loupe.analysis.features.NeighbourSpace;
import loupe.app.cli.CommandContext;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.state.window.Provenance;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which vectors are compared with one another. */
public final class GeometryOptions {
    private static final String EXPECTED = "decoder, encoder, bias, input or output";

    @Mixin
    private ModelOptions.IfGiven model;

    @Option(names = "--sae", paramLabel = "PATH", description = "Checkpoint, for decoder, encoder and bias.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--in",
            defaultValue = "decoder",
            paramLabel = "WHERE",
            description = "Vectors: decoder or encoder (directions of features), bias (of tokens, of a tokenized "
                    + "autoencoder), input (embeddings) or output (unembeddings; default: ${DEFAULT-VALUE}).")
    private String in;

    private Optional<OpenModel> openModel = Optional.empty();
    private Optional<OpenSae> openSae = Optional.empty();

    /** Opens what has the vectors. */
    public NeighbourSpace open(CommandContext context) {
        boolean ofModel = in.equals("input") || in.equals("output");
        if (!ofModel && !in.equals("decoder") && !in.equals("encoder") && !in.equals("bias")) {
            throw new UsageException("--in is " + in + ", expected " + EXPECTED);
        }
        if (ofModel ? !model.isGiven() : sae == null) {
            throw new UsageException("--in " + in + " needs " + (ofModel ? "--model DIR" : "--sae PATH"));
        }
        if (sae != null) {
            openSae = Optional.of(reading.open(context, sae, "--sae"));
        }
        openModel = model.openEmbeddings(context);
        return switch (in) {
            case "input" -> new NeighbourSpace.Tokens(modelId());
            case "output" -> new NeighbourSpace.Unembedding(modelId());
            case "encoder" -> new NeighbourSpace.Encoder(saeId());
            case "bias" -> new NeighbourSpace.Biases(saeId());
            default -> new NeighbourSpace.Decoder(saeId());
        };
    }

    /** What the vectors are of, for captions; once they are open. */
    public String provenance() {
        Optional<HookPoint> hook = openSae.flatMap(opened -> opened.config().hook());
        String of = in.equals("input") || in.equals("output")
                ? modelId().name()
                : openModel
                        .map(opened -> Provenance.of(opened.id().name(), saeId().name(), hook))
                        .orElseGet(() -> saeId().name()
                                + hook.map(place -> " at " + place.name()).orElse(""));
        return of + ", " + in;
    }

    private ModelId modelId() {
        return openModel.orElseThrow().id();
    }

    private SaeId saeId() {
        return openSae.orElseThrow().id();
    }
}

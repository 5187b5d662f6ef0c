package loupe.app.command;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import loupe.analysis.Vectors;
import loupe.analysis.prompts.ForwardPass;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import loupe.lm.ModelConfig.NormKind;
import loupe.lm.Processing;
import loupe.tensor.HostTensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code forward}: one forward pass, with its logits and the values at chosen hook points. */
@Command(name = "forward", description = "Run a model once and write its logits and the values at hook points.")
public final class ForwardCommand extends LoupeCommand<ForwardCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Mixin
    private Input input;

    @Option(
            names = "--hooks",
            split = ",",
            paramLabel = "NAME",
            description = "Hook points by their TransformerLens or Hugging Face names, or all.")
    private List<String> hooks = List.of();

    @Option(
            names = "--ghost",
            paramLabel = "F:NAME",
            converter = ArrayReference.Converter.class,
            description = "Vector that stands in a token's place.")
    private ArrayReference ghost;

    @Option(
            names = "--ghost-position",
            split = ",",
            paramLabel = "P",
            description = "Position of the ghost, from 0; one or several.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] ghostPositions = {};

    @Option(
            names = "--processing",
            paramLabel = "WHICH",
            defaultValue = "raw",
            description = "Weights: raw, or processed as TransformerLens does (default: ${DEFAULT-VALUE}).")
    private Processing processing;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Safetensors file to write: logits, and an array for each hook point, by its "
                    + "TransformerLens 2.8 name "
                    + "and the one given.")
    private Path out;

    /** The text to run; one of both. */
    @OptionSection(value = "Text", choice = "(--text=T | --ids=ID,...)")
    static final class Input {
        @Option(names = "--text", paramLabel = "T", description = "Text to run.")
        private String text;

        @Option(
                names = "--ids",
                split = ",",
                paramLabel = "ID",
                description = "Token ids to run instead, taken as they are.")
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private int[] ids;
    }

    @Override
    public Result run(CommandContext context) {
        if ((input.text == null) == (input.ids == null)) {
            throw new UsageException("give either --text or --ids");
        }
        if ((ghost == null) != (ghostPositions.length == 0)) {
            throw new UsageException("--ghost and --ghost-position go together");
        }
        boolean all = hooks.contains("all");
        Map<String, HookPoint> named = new LinkedHashMap<>();
        hooks.stream()
                .filter(name -> !name.equals("all"))
                .forEach(name -> named.put(
                        name,
                        HookPoint.parse(name)
                                .orElseThrow(() ->
                                        new UsageException("--hooks: " + name + " is no hook point; the nearest are "
                                                + String.join(", ", HookPoint.nearest(name))))));
        Set<HookPoint> points = new LinkedHashSet<>(named.values());
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        OpenModel opened = model.open(context, processing);
        if (processing == Processing.PROCESSED && opened.config().wiring().norm() == NormKind.RMS_NORM) {
            context.warn("The model has RMSNorm: TransformerLens centres nothing in it, and the residual stream is the "
                    + "raw one");
        }
        int[] tokens = input.text == null
                ? ModelOptions.check(opened, input.ids, "--ids")
                : model.encode(opened, input.text, "--text");
        requireRunnable(opened, tokens);
        ForwardPass.Answer answer = context.ask(new ForwardPass(
                opened.id(), Arrays.stream(tokens).boxed().toList(), ghosts(opened, tokens.length), points, all));
        if (!Arrays.stream(Vectors.doubles(answer.logits())).allMatch(Double::isFinite)) {
            context.warn("The logits have values that are NaN or infinite, and so has what is computed from them");
        }
        points.stream()
                .filter(point -> !answer.values().containsKey(point))
                .findFirst()
                .ifPresent(point -> {
                    throw new Refusal("--hooks: " + opened.folder() + " has no hook point " + point + "; it is a "
                            + opened.config().family() + " model of "
                            + opened.config().nLayers() + " layers");
                });
        if (out != null) {
            SafetensorsWriter file = new SafetensorsWriter().add("logits", answer.logits());
            answer.values().forEach((point, value) -> file.add(point.name(), value));
            named.forEach((name, point) -> {
                if (!name.equals(point.name())) {
                    file.add(name, Objects.requireNonNull(answer.values().get(point)));
                }
            });
            file.write(out);
        }
        return new Result(
                tokens,
                Arrays.stream(tokens)
                        .mapToObj(id -> ModelOptions.text(opened, id))
                        .toList(),
                answer.loss().isPresent() ? Optional.of(answer.loss().getAsDouble()) : Optional.empty());
    }

    /**
     * The result that is printed.
     *
     * @param tokens the texts of the ids
     * @param loss mean cross entropy of the next token in nats; empty for one token
     */
    record Result(int[] ids, List<String> tokens, Optional<Double> loss) {}

    private Map<Integer, HostTensor> ghosts(OpenModel opened, int length) {
        Map<Integer, HostTensor> placed = new HashMap<>();
        if (ghost == null) {
            return placed;
        }
        HostTensor vector = ghost.vector("--ghost", opened.config().dModel(), "the model's embedding");
        for (int position : ghostPositions) {
            if (position < 0 || position >= length) {
                throw new UsageException("--ghost-position is " + position + ", the prompt has " + length + " tokens");
            }
            placed.put(position, vector);
        }
        return placed;
    }

    private static void requireRunnable(OpenModel opened, int[] tokens) {
        if (tokens.length == 0) {
            throw new UsageException("the text has no tokens; at least one is needed");
        }
        if (tokens.length > opened.config().context()) {
            throw new Refusal(
                    "The text has " + tokens.length + " tokens",
                    "at most " + opened.config().context() + ", the model's context",
                    "Shorten it");
        }
    }
}

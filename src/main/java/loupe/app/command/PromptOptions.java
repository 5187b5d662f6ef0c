package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.Vectors;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.Verbaliser;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.inference.OpenModel;
import loupe.tensor.HostTensor;
import picocli.CommandLine.Option;

/** The options for the prompt that a definition continues. */
@OptionSection("Prompt")
public final class PromptOptions {
    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "Text to continue, with {ghost} in it (default: " + GhostPrompt.DEFAULT_TEXT + ").")
    private String prompt;

    @Option(
            names = "--verbaliser",
            paramLabel = "F.json",
            description = "Prompt and norm of a model trained to put vectors into words: {\"prompt\": \"... "
                    + "{ghost} ...\", \"norm\": 150}; replaces --prompt, --scale and the centroid.")
    private Path verbaliser;

    @Option(
            names = "--prompt-ids",
            split = ",",
            paramLabel = "ID",
            description = "Token ids to continue instead, taken as they are; needs --ghost-position.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] promptIds;

    @Option(
            names = "--ghost-position",
            split = ",",
            paramLabel = "P",
            description = "Position of the ghost in --prompt-ids, from 0; one or several.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] ghostPositions;

    /** The ghost with the verbaliser's norm, if there is a verbaliser. To be called before {@link #tokens}. */
    public GhostSettings apply(CommandContext context, OpenModel opened, GhostSettings settings) {
        return read().map(read -> {
                    HostTensor direction = context.ask(new GhostBasis(opened.id(), settings))
                            .vector(settings)
                            .direction();
                    return read.apply(settings, Vectors.doubles(direction));
                })
                .orElse(settings);
    }

    /** The ghosts of many features with the verbaliser's norm, as {@link #apply} gives that of one. */
    GhostSettings applyToAll(GhostSettings settings) {
        return read().map(read -> read.applyToAll(settings)).orElse(settings);
    }

    private Optional<Verbaliser> read() {
        if (verbaliser == null) {
            return Optional.empty();
        }
        if (prompt != null || promptIds != null) {
            throw new UsageException(
                    "--verbaliser brings its own prompt, so it goes without --prompt and --prompt-ids");
        }
        OptionPaths.existing(verbaliser, "--verbaliser");
        Verbaliser read = Verbaliser.read(verbaliser);
        prompt = read.prompt();
        return Optional.of(read);
    }

    /** The prompt in tokens of the model. */
    public GhostPrompt tokens(OpenModel opened, ModelOptions model) {
        if (promptIds != null) {
            if (prompt != null || ghostPositions == null) {
                throw new UsageException("--prompt-ids goes with --ghost-position and without --prompt");
            }
            ModelOptions.check(opened, promptIds, "--prompt-ids");
            int[] positions = Arrays.stream(ghostPositions).sorted().distinct().toArray();
            Arrays.stream(positions)
                    .filter(at -> at < 0 || at >= promptIds.length)
                    .findFirst()
                    .ifPresent(at -> {
                        throw new UsageException(
                                "--ghost-position is " + at + ", the prompt has " + promptIds.length + " tokens");
                    });
            return new GhostPrompt(boxed(promptIds), boxed(positions));
        }
        if (ghostPositions != null) {
            throw new UsageException(
                    "--ghost-position goes with --prompt-ids; in --prompt, write {ghost} where it stands");
        }
        List<String> pieces = GhostPrompt.pieces(prompt == null ? GhostPrompt.DEFAULT_TEXT : prompt);
        if (pieces.size() < 2) {
            throw new UsageException("--prompt has no place for the ghost; write {ghost} where it belongs");
        }
        List<List<Integer>> parts = new ArrayList<>();
        for (int i = 0; i < pieces.size(); i++) {
            parts.add(boxed(
                    i == 0
                            ? model.encode(opened, pieces.get(i), "--prompt")
                            : model.encodeContinuation(opened, pieces.get(i), "--prompt")));
        }
        return GhostPrompt.between(parts);
    }

    private static List<Integer> boxed(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    /** The description of the prompt for the result. */
    PromptDescription describe(GhostPrompt tokens) {
        return new PromptDescription(text(), tokens.ids(), tokens.ghostPositions());
    }

    /** The prompt as text; empty if it was given as token ids. To be called after {@link #apply}. */
    public Optional<String> text() {
        return promptIds != null ? Optional.empty() : Optional.of(prompt == null ? GhostPrompt.DEFAULT_TEXT : prompt);
    }

    /**
     * The prompt of a result.
     *
     * @param prompt the text; empty if it was given as token ids
     * @param ghostPositions where in the ids the ghost stands
     */
    record PromptDescription(Optional<String> prompt, List<Integer> promptIds, List<Integer> ghostPositions) {}

    /** none, centroid, random:N or empty. */
    public static TreeBaseline baseline(String baseline) {
        switch (baseline) {
            case "none":
                return TreeBaseline.NONE;
            case "centroid":
                return TreeBaseline.CENTROID;
            case "empty":
                return TreeBaseline.EMPTY;
            default:
                if (baseline.matches("random:[1-9]\\d{0,8}")) {
                    int count = Integer.parseInt(baseline.substring("random:".length()));
                    if (count <= TreeBaseline.MOST_RANDOM) {
                        return TreeBaseline.random(count);
                    }
                }
                throw new UsageException("--baseline is " + baseline
                        + ", expected none, centroid, random:N with N from 1 to " + TreeBaseline.MOST_RANDOM
                        + ", or empty");
        }
    }
}

package loupe.app.effects;

import java.util.ArrayList;
import java.util.List;
import loupe.analysis.effects.FeatureCircuit;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.base.NumberRange;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code circuit}: the features that matter to a batch of prompts, and how far they alone take the model. */
@Command(
        name = "circuit",
        description = "Find the features and errors of checkpoints that matter to the answers of prompts, and measure "
                + "how faithful and complete they are.")
public final class CircuitCommand extends LoupeCommand<CircuitCommand.Result> {

    @Mixin
    private PlacedCheckpoints.WithSteps given;

    @Option(
            names = "--clean-ids",
            paramLabel = "ID,..;..",
            description = "Token ids of the clean prompts, prompts between semicolons, all of one length; or --clean.")
    private String cleanIds;

    @Option(
            names = "--corrupt-ids",
            paramLabel = "ID,..;..",
            description = "Token ids of the corrupt prompts, one for each clean one; or --corrupt.")
    private String corruptIds;

    @Option(names = "--clean", paramLabel = "T", description = "A clean prompt; given once for each.")
    private List<String> clean;

    @Option(names = "--corrupt", paramLabel = "T", description = "A corrupt prompt; given once for each clean one.")
    private List<String> corrupt;

    @Option(
            names = "--answers",
            required = true,
            paramLabel = "A:B;..",
            description =
                    "For each prompt two tokens; the metric is the logit of A less that of B behind its last token.")
    private String answers;

    @Option(
            names = "--threshold",
            paramLabel = "T",
            defaultValue = "0.1",
            description = "Size of the effect that a node of the circuit exceeds (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = NumberRange.LARGEST)
    private double threshold;

    @Option(
            names = "--ablation",
            paramLabel = "WHICH",
            defaultValue = "mean",
            description = "What other nodes become: mean (over the corrupt prompts, at that position) or zero "
                    + "(default: ${DEFAULT-VALUE}).")
    private String ablation;

    @Option(
            names = "--errors",
            paramLabel = "WHICH",
            defaultValue = "default",
            description = "Errors that are kept: default (those of the circuit), remove (none) or keep (all) "
                    + "(default: ${DEFAULT-VALUE}).")
    private String errors;

    @Override
    public Result run(CommandContext context) {
        requireOne(clean, "--clean", cleanIds, "--clean-ids");
        requireOne(corrupt, "--corrupt", corruptIds, "--corrupt-ids");
        FeatureCircuit.Ablation become =
                switch (ablation) {
                    case "mean" -> FeatureCircuit.Ablation.MEAN;
                    case "zero" -> FeatureCircuit.Ablation.ZERO;
                    default -> throw new UsageException("--ablation is " + ablation + ", expected mean or zero");
                };
        FeatureCircuit.Errors kept =
                switch (errors) {
                    case "default" -> FeatureCircuit.Errors.DEFAULT;
                    case "remove" -> FeatureCircuit.Errors.REMOVE;
                    case "keep" -> FeatureCircuit.Errors.KEEP;
                    default -> throw new UsageException("--errors is " + errors + ", expected default, remove or keep");
                };
        List<int[]> pairs = pairs();
        PlacedCheckpoints.Opened placed = given.open(context);
        OpenModel opened = placed.model();
        List<List<Integer>> cleans = texts(opened, clean, "--clean", cleanIds, "--clean-ids");
        List<List<Integer>> corrupts = texts(opened, corrupt, "--corrupt", corruptIds, "--corrupt-ids");
        FeatureCircuit.Answer answer = context.ask(new FeatureCircuit(
                opened.id(),
                placed.saes().stream().map(OpenSae::id).toList(),
                prompts(opened, cleans, corrupts, pairs),
                threshold,
                given.steps(),
                become,
                kept));
        return new Result(
                answer.model(),
                answer.circuit(),
                answer.empty(),
                answer.complement(),
                answer.faithfulness(),
                answer.completeness(),
                answer.nodes().stream()
                        .map(nodes -> new Nodes(
                                nodes.at().name(),
                                nodes.features(),
                                nodes.error(),
                                nodes.effects(),
                                nodes.errorEffect()))
                        .toList());
    }

    private static void requireOne(List<String> texts, String name, String ids, String idsName) {
        if ((texts == null) == (ids == null)) {
            throw new UsageException("give " + name + " T, once for each prompt, or " + idsName + " 1,2;3,4");
        }
    }

    /** The two tokens of each prompt. */
    private List<int[]> pairs() {
        List<int[]> pairs = new ArrayList<>();
        for (String part : answers.split(";", -1)) {
            String[] two = part.strip().split(":", -1);
            if (two.length != 2) {
                throw new UsageException("--answers: '" + part + "' is not A:B, two tokens");
            }
            pairs.add(new int[] {NumberLists.index(two[0], "--answers"), NumberLists.index(two[1], "--answers")});
        }
        return pairs;
    }

    private List<List<Integer>> texts(OpenModel opened, List<String> texts, String name, String ids, String idsName) {
        if (texts != null) {
            return texts.stream()
                    .map(text -> Prompts.of(opened, given.model(), text, name, null, idsName))
                    .toList();
        }
        return NumberLists.several(ids, idsName).stream()
                .map(prompt -> Prompts.of(
                        opened,
                        given.model(),
                        null,
                        name,
                        prompt.stream().mapToInt(Integer::intValue).toArray(),
                        idsName))
                .toList();
    }

    private static List<FeatureCircuit.Prompt> prompts(
            OpenModel opened, List<List<Integer>> cleans, List<List<Integer>> corrupts, List<int[]> pairs) {
        if (cleans.size() != corrupts.size() || cleans.size() != pairs.size()) {
            throw new UsageException("there are " + cleans.size() + " clean prompts, " + corrupts.size()
                    + " corrupt ones and " + pairs.size() + " pairs of --answers, expected as many of each");
        }
        int vocabulary = opened.config().vocabularySize();
        List<FeatureCircuit.Prompt> prompts = new ArrayList<>();
        for (int k = 0; k < pairs.size(); k++) {
            int answer = pairs.get(k)[0];
            int other = pairs.get(k)[1];
            if (Math.max(answer, other) >= vocabulary) {
                throw new UsageException("--answers: " + Math.max(answer, other)
                        + " is no token of the model, which are 0 to " + (vocabulary - 1));
            }
            prompts.add(new FeatureCircuit.Prompt(cleans.get(k), corrupts.get(k), answer, other));
        }
        FeatureCircuit.ofAnotherLength(prompts).ifPresent(k -> {
            throw new UsageException("prompt " + k + " has " + cleans.get(k).size() + " and "
                    + corrupts.get(k).size() + " tokens, the first one has "
                    + cleans.get(0).size() + "; all need as many, since their tokens are compared one by one");
        });
        return prompts;
    }

    /**
     * The result that is printed.
     *
     * @param fModel mean metric of the model
     * @param fCircuit with the circuit's nodes alone
     * @param fEmpty with no node
     * @param fComplement with all nodes but the circuit's
     * @param faithfulness (circuit - empty) / (model - empty)
     * @param completeness (complement - empty) / (model - empty)
     */
    record Result(
            double fModel,
            double fCircuit,
            double fEmpty,
            double fComplement,
            double faithfulness,
            double completeness,
            List<Nodes> nodes) {}

    /**
     * The circuit's nodes of one checkpoint.
     *
     * @param effects of the features, in their order
     */
    record Nodes(String hook, List<Integer> features, boolean error, List<Double> effects, double errorEffect) {}
}

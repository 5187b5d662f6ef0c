package loupe.app.effects;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.analysis.effects.Attribution;
import loupe.analysis.effects.Attribution.Method;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson;
import loupe.app.cli.ResultPrinter;
import loupe.app.cli.TextTable;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.tensor.HostTensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attribute}: how much each feature contributes to a prediction. */
@Command(
        name = "attribute",
        description = "Show how much each feature of checkpoints, and what they do not reconstruct, contributes to a "
                + "prediction: what it would change by with the values of another run, or without.")
public final class AttributeCommand extends LoupeCommand<AttributeCommand.Result> {
    private static final String ZERO = "zero";

    @Mixin
    private PlacedCheckpoints.WithSteps given;

    @Mixin
    private PairOptions texts;

    @Option(
            names = "--patch",
            paramLabel = "zero",
            description = "Without a corrupt text: take features and errors away.")
    private String patch;

    @Option(
            names = "--method",
            paramLabel = "WHICH",
            defaultValue = "atp",
            description = "atp (change times gradient at the clean run), ig (times the mean gradient on the way) or "
                    + "exact (a run for each feature and position that differ) (default: ${DEFAULT-VALUE}).")
    private String method;

    @Option(
            names = "--check",
            paramLabel = "N",
            defaultValue = "10",
            description = "Largest effects of each checkpoint that are measured exactly (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = 10_000)
    private int check;

    @Option(
            names = "--out",
            paramLabel = "F",
            description =
                    "Safetensors file to write: saeI.effects, by position and feature, and saeI.error, by position, "
                            + "I in the order of --sae from 0.")
    private Path out;

    @Override
    public Result run(CommandContext context) {
        texts.check(patch == null);
        if (patch != null && (!patch.equals(ZERO) || texts.hasCorrupt())) {
            throw new UsageException(
                    patch.equals(ZERO)
                            ? "--patch zero goes without a corrupt text"
                            : "--patch is " + patch + ", expected zero");
        }
        Method how =
                switch (method) {
                    case "atp" -> Method.GRADIENT;
                    case "ig" -> Method.INTEGRATED_GRADIENTS;
                    case "exact" -> Method.EXACT;
                    default -> throw new UsageException("--method is " + method + ", expected atp, ig or exact");
                };
        if (how == Method.GRADIENT && !texts.parsed().hasGradientAtClean()) {
            throw new UsageException(
                    "--metric " + texts.parsed() + " has a gradient of 0 at the clean run, so atp gives 0 "
                            + "for every feature; add --method ig or --method exact");
        }
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        PlacedCheckpoints.Opened placed = given.open(context);
        OpenModel opened = placed.model();
        PairOptions.Pair pair = texts.of(opened, given.model());
        Attribution.Answer answer = context.ask(new Attribution(
                opened.id(),
                placed.saes().stream().map(OpenSae::id).toList(),
                pair.clean(),
                patch == null ? Optional.of(pair.corrupt()) : Optional.empty(),
                pair.metric(),
                pair.position(),
                how,
                given.steps(),
                new Attribution.Checks(true, check)));
        if (out != null) {
            write(answer);
        }
        return result(opened, pair, answer);
    }

    private void write(Attribution.Answer answer) {
        SafetensorsWriter file = new SafetensorsWriter();
        for (int i = 0; i < answer.sites().size(); i++) {
            Attribution.Site site = answer.sites().get(i);
            float[] errors = new float[site.errors().length];
            for (int t = 0; t < errors.length; t++) {
                errors[t] = (float) site.errors()[t];
            }
            file.add("sae" + i + ".effects", site.effects())
                    .add("sae" + i + ".error", new HostTensor(errors, errors.length));
        }
        file.write(out);
    }

    private Result result(OpenModel opened, PairOptions.Pair pair, Attribution.Answer answer) {
        List<Site> sites = new ArrayList<>();
        for (Attribution.Site site : answer.sites()) {
            double features = site.sumOfFeatures();
            double errors = site.sumOfErrors();
            sites.add(new Site(
                    site.at().name(),
                    features,
                    errors,
                    site.whole(),
                    site.whole() - features - errors,
                    site.largest().stream()
                            .map(one -> new Largest(
                                    one.position(),
                                    ModelOptions.text(opened, pair.clean().get(one.position())),
                                    optional(one.feature()),
                                    one.effect(),
                                    one.exact()))
                            .toList()));
        }
        boolean hasCorrupt = patch == null;
        return new Result(
                answer.clean(),
                hasCorrupt ? Optional.of(answer.corrupt()) : Optional.empty(),
                hasCorrupt ? Optional.of(answer.corrupt() - answer.clean()) : Optional.empty(),
                sites);
    }

    /** Without a corrupt run there is neither its metric nor a total effect, of which it says why. */
    @Override
    protected ResultPrinter table(Result result) {
        ObjectNode shown = ResultJson.tree(result).deepCopy();
        if (result.corrupt.isEmpty()) {
            shown.remove("corrupt");
            shown.put("total_effect", "none without a corrupt text; each place has a whole_effect of its own");
        }
        return new TextTable(shown);
    }

    private static Optional<Integer> optional(OptionalInt feature) {
        return feature.isPresent() ? Optional.of(feature.getAsInt()) : Optional.empty();
    }

    /**
     * The result that is printed.
     *
     * @param clean the metric of the clean run
     * @param corrupt the metric of the corrupt run; empty without one
     * @param totalEffect the second less the first; empty without a corrupt run, where each place has a whole effect of
     *     its own
     */
    record Result(double clean, Optional<Double> corrupt, Optional<Double> totalEffect, List<Site> sites) {}

    /**
     * The contributions at one checkpoint's place.
     *
     * @param hook where its features write
     * @param sumFeatures of all features at all positions
     * @param sumError of the errors at all positions
     * @param wholeEffect what the metric changes by with everything there changed at once
     * @param gap what the sums leave of it
     * @param largest effects, beside what the metric really changes by
     */
    record Site(
            String hook, double sumFeatures, double sumError, double wholeEffect, double gap, List<Largest> largest) {}

    /**
     * One of the largest effects.
     *
     * @param feature empty for the error
     */
    record Largest(int position, String token, Optional<Integer> feature, double effect, double exact) {}
}

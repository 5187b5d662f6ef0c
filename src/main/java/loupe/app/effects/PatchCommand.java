package loupe.app.effects;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import loupe.analysis.Fit;
import loupe.analysis.effects.FeaturePatches;
import loupe.analysis.effects.PatchSite;
import loupe.analysis.effects.Patching;
import loupe.analysis.effects.Patching.Direction;
import loupe.analysis.effects.StrongestFeatures;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.command.ReadingArguments;
import loupe.app.command.SaeArguments;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code patch}: which values of one run bring another run's prediction about, or are needed for it. */
@Command(
        name = "patch",
        description = "Put values of one run of a model into another, place by place, and show how far that takes its "
                + "prediction.")
public final class PatchCommand extends LoupeCommand<PatchCommand.Result> {
    private static final String BOTH = "both";

    @Mixin
    private ModelOptions.Required model;

    @Mixin
    private PairOptions texts;

    @Option(
            names = "--sites",
            split = ",",
            paramLabel = "NAME",
            description =
                    "What is patched, place by place: resid_pre, attn_out and mlp_out by layer and position, z by "
                            + "layer and head, z_by_pos by all three (default: resid_pre, without --sae).")
    private List<String> sites;

    @Option(
            names = "--direction",
            paramLabel = "WHICH",
            defaultValue = BOTH,
            description = "denoising (the corrupt run gets values of the clean one), noising, or both "
                    + "(default: ${DEFAULT-VALUE}).")
    private String direction;

    @Option(names = "--sae", paramLabel = "PATH", description = "Checkpoint whose features are patched.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--features",
            paramLabel = "I,J",
            description = "Features patched each alone, by position and at all positions.")
    private String features;

    @Option(
            names = "--strongest",
            paramLabel = "N",
            defaultValue = "0",
            description = "Features besides that are patched each alone: those that contribute most to the metric, by "
                    + "attribution (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int strongest;

    @Option(names = "--group", paramLabel = "I,J", description = "Features patched together, at all positions.")
    private String group;

    @Option(
            names = "--errors",
            description = "Patch what the checkpoint does not reconstruct as well, by position and at all positions.")
    private boolean errors;

    @Override
    public Result run(CommandContext context) {
        texts.check(true);
        Set<Direction> directions = directions();
        List<PatchSite> kinds = kinds();
        if (sae == null && (features != null || group != null || errors || strongest > 0)) {
            throw new UsageException("--features, --strongest, --group and --errors need --sae PATH");
        }
        List<Integer> each = features == null ? List.of() : NumberLists.of(features, "--features");
        List<Integer> together = group == null ? List.of() : NumberLists.of(group, "--group");
        Optional<OpenSae> checkpoint = Optional.ofNullable(sae).map(path -> reading.open(context, path, "--sae"));
        checkpoint.ifPresent(opened -> {
            each.forEach(feature -> ReadingArguments.requireFeature(feature, opened, "--features"));
            together.forEach(feature -> ReadingArguments.requireFeature(feature, opened, "--group"));
        });
        OpenModel opened = model.open(context, Processing.RAW);
        checkpoint.ifPresent(found -> {
            SaeArguments.require(new Fit(opened.config(), found.config()).misfitOfOutput(), found, opened);
            reading.warnOfProcessing(context, found, opened);
        });
        PairOptions.Pair pair = texts.of(opened, model);
        Optional<FeaturePatches> patches = checkpoint.map(found -> new FeaturePatches(
                found.id(),
                Stream.concat(each.stream(), strongest(context, opened, found, pair).stream())
                        .distinct()
                        .toList(),
                together,
                errors));
        Patching.Answer answer = context.ask(new Patching(
                opened.id(), pair.clean(), pair.corrupt(), pair.metric(), pair.position(), directions, kinds, patches));
        return new Result(
                answer.clean(),
                answer.corrupt(),
                Prompts.texts(opened, pair.clean()),
                Prompts.texts(opened, pair.corrupt()),
                patches.map(FeaturePatches::features),
                patched(answer, Direction.DENOISING),
                patched(answer, Direction.NOISING),
                differences(answer));
    }

    private List<Integer> strongest(CommandContext context, OpenModel opened, OpenSae found, PairOptions.Pair pair) {
        return strongest == 0
                ? List.of()
                : context.ask(new StrongestFeatures(
                        opened.id(),
                        found.id(),
                        pair.clean(),
                        pair.corrupt(),
                        pair.metric(),
                        pair.position(),
                        strongest));
    }

    private Set<Direction> directions() {
        if (direction.equals(BOTH)) {
            return EnumSet.allOf(Direction.class);
        }
        for (Direction one : Direction.values()) {
            if (one.name().toLowerCase(Locale.ROOT).equals(direction)) {
                return EnumSet.of(one);
            }
        }
        throw new UsageException("--direction is " + direction + ", expected denoising, noising or both");
    }

    private List<PatchSite> kinds() {
        if (sites == null) {
            return sae == null ? List.of(PatchSite.RESID_PRE) : List.of();
        }
        List<PatchSite> kinds = new ArrayList<>();
        for (String name : sites) {
            PatchSite site = PatchSite.of(name)
                    .orElseThrow(() -> new UsageException(
                            "--sites: " + name + " is no site, expected resid_pre, attn_out, mlp_out, z or z_by_pos"));
            if (!kinds.contains(site)) {
                kinds.add(site);
            }
        }
        return kinds;
    }

    private static Optional<Patched> patched(Patching.Answer answer, Direction direction) {
        return Optional.ofNullable(answer.grids().get(direction)).map(grids -> {
            Map<String, Scores> by = new LinkedHashMap<>();
            grids.forEach((name, grid) -> by.put(
                    name,
                    new Scores(
                            nested(grid.metric(), grid.shape()),
                            nested(answer.scores(direction, name), grid.shape()))));
            return new Patched(by);
        });
    }

    private static Optional<Differences> differences(Patching.Answer answer) {
        if (answer.grids().size() < Direction.values().length) {
            return Optional.empty();
        }
        Map<String, Object> by = new LinkedHashMap<>();
        answer.grids()
                .values()
                .iterator()
                .next()
                .forEach((name, grid) -> by.put(name, nested(answer.differences(name), grid.shape())));
        return Optional.of(new Differences(by));
    }

    /** Row-major values as lists within lists; a number where there are no axes. */
    private static Object nested(double[] values, int[] shape) {
        return nested(values, shape, 0, 0, values.length);
    }

    private static Object nested(double[] values, int[] shape, int axis, int from, int to) {
        if (axis == shape.length) {
            return values[from];
        }
        List<Object> parts = new ArrayList<>();
        int width = (to - from) / shape[axis];
        for (int at = from; at < to; at += width) {
            parts.add(nested(values, shape, axis + 1, at, at + width));
        }
        return parts;
    }

    /**
     * The result that is printed.
     *
     * @param clean the metric of the clean run
     * @param corrupt the metric of the corrupt run
     * @param cleanTokens the texts of the tokens
     * @param patchedFeatures the rows of features; empty without a checkpoint
     * @param difference denoising's scores less noising's; empty for one direction
     */
    record Result(
            double clean,
            double corrupt,
            List<String> cleanTokens,
            List<String> corruptTokens,
            @LeftOutIfEmpty Optional<List<Integer>> patchedFeatures,
            @LeftOutIfEmpty Optional<Patched> denoising,
            @LeftOutIfEmpty Optional<Patched> noising,
            @LeftOutIfEmpty Optional<Differences> difference) {}

    /**
     * One direction.
     *
     * @param by the site, features, error, group, all_features or everything
     */
    record Patched(@JsonAnyGetter Map<String, Scores> by) {}

    /**
     * What one direction's scores are beyond the other's.
     *
     * @param by as in {@link Patched}
     */
    record Differences(@JsonAnyGetter Map<String, Object> by) {}

    /**
     * Values with the axes of the site: of features feature by position with all positions last, of the error by
     * position likewise.
     *
     * @param metric of each patched run
     * @param score how much of the way from this run's metric to the other's it goes
     */
    record Scores(Object metric, Object score) {}
}

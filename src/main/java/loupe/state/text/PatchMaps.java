package loupe.state.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.analysis.effects.FeaturePatches;
import loupe.analysis.effects.PatchSite;
import loupe.analysis.effects.Patching;
import loupe.analysis.effects.Patching.Direction;

/**
 * What patching found at one kind of places, in rows and columns: layers by positions or heads, or features and the
 * error by positions, of which the last column stands for all.
 *
 * @param ofFeatures whether rows are features and the error, not layers
 * @param ofHeads whether columns are heads, not positions
 * @param features of the rows, without the error
 * @param rows their names
 * @param columns their names
 * @param metrics for each direction, row-major; NaN where it is not known yet
 * @param scores likewise
 */
public record PatchMaps(
        boolean ofFeatures,
        boolean ofHeads,
        List<Integer> features,
        List<String> rows,
        List<String> columns,
        List<double[]> metrics,
        List<double[]> scores) {
    /** The name of the column that stands for all positions. */
    public static final String ALL = "all";

    /** The name of the row of the errors. */
    public static final String ERROR = "error";

    /** Patching that these maps show: both directions, of one kind of places. */
    static boolean isShown(Patching question) {
        return question.directions().equals(Set.of(Direction.values()))
                && question.sites().size() + (question.features().isPresent() ? 1 : 0) == 1;
    }

    /**
     * The maps of an answer.
     *
     * @param question both directions, of one kind of places or of features with their errors
     * @param tokens texts of the clean prompt's
     */
    public static PatchMaps of(Patching question, Patching.Answer answer, List<String> tokens) {
        if (!isShown(question)) {
            throw new IllegalArgumentException("not both directions of one kind of places: " + question);
        }
        if (question.features().isPresent()) {
            return ofFeatures(question.features().get(), answer, tokens);
        }
        PatchSite site = question.sites().get(0);
        Patching.Grid grid = answer.grid(Direction.DENOISING, site.label());
        List<String> columns = site.byHead()
                ? IntStream.range(0, grid.shape()[1])
                        .mapToObj(Integer::toString)
                        .toList()
                : tokens;
        return new PatchMaps(
                false,
                site.byHead(),
                List.of(),
                IntStream.range(0, grid.shape()[0]).mapToObj(Integer::toString).toList(),
                columns,
                directions(answer, false, List.of(site.label())),
                directions(answer, true, List.of(site.label())));
    }

    private static PatchMaps ofFeatures(FeaturePatches patches, Patching.Answer answer, List<String> tokens) {
        List<String> rows = new ArrayList<>();
        patches.features().forEach(feature -> rows.add("#" + feature));
        List<String> names = new ArrayList<>();
        if (!patches.features().isEmpty()) {
            names.add(Patching.FEATURES);
        }
        if (patches.errors()) {
            rows.add(ERROR);
            names.add(Patching.ERROR);
        }
        List<String> columns = new ArrayList<>(tokens);
        columns.add(ALL);
        return new PatchMaps(
                true,
                false,
                patches.features(),
                rows,
                columns,
                directions(answer, false, names),
                directions(answer, true, names));
    }

    /** For each direction, the values of some grids one after the other. */
    private static List<double[]> directions(Patching.Answer answer, boolean asScores, List<String> names) {
        return Arrays.stream(Direction.values())
                .map(direction -> names.stream()
                        .flatMapToDouble(name -> Arrays.stream(
                                asScores
                                        ? answer.scores(direction, name)
                                        : answer.grid(direction, name).metric()))
                        .toArray())
                .toList();
    }

    /** Denoising's scores less noising's, row-major. */
    public double[] differences() {
        double[] differences = scores.get(0).clone();
        Arrays.setAll(differences, i -> differences[i] - scores.get(1)[i]);
        return differences;
    }

    /** The position that a column stands for; empty for a head, and for all positions. */
    public OptionalInt position(int column) {
        return ofHeads || (ofFeatures && column == columns.size() - 1) ? OptionalInt.empty() : OptionalInt.of(column);
    }

    /** The feature that a row stands for; empty for a layer, and for the error. */
    public OptionalInt feature(int row) {
        return row < features.size() ? OptionalInt.of(features.get(row)) : OptionalInt.empty();
    }
}

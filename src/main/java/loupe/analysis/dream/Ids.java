package loupe.analysis.dream;

import java.util.Arrays;
import java.util.List;

/** Tokens as lists, which are values, and as arrays, which go into the model. */
final class Ids {
    private Ids() {}

    static List<Integer> after(int[] row, int before) {
        return Arrays.stream(row, before, row.length).boxed().toList();
    }

    /** The tokens of a text behind those that stand before it. */
    static int[] row(List<Integer> before, List<Integer> text) {
        int[] row = new int[before.size() + text.size()];
        for (int i = 0; i < row.length; i++) {
            row[i] = i < before.size() ? before.get(i) : text.get(i - before.size());
        }
        return row;
    }
}

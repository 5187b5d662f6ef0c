package loupe.app.effects;

import java.util.ArrayList;
import java.util.List;
import loupe.app.cli.UsageException;
import loupe.base.NumberRange;

/** Lists of numbers as options write them: {@code 1,2,3}, and several such lists as {@code 1,2;3}. */
public final class NumberLists {
    private NumberLists() {}

    /**
     * Whole numbers between commas.
     *
     * @throws UsageException naming the option, if one is no number from 0 to 2147483647
     */
    static List<Integer> of(String text, String option) {
        List<Integer> numbers = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            numbers.add(index(part, option));
        }
        return List.copyOf(numbers);
    }

    /** Lists between semicolons, of which any may be empty. */
    public static List<List<Integer>> several(String text, String option) {
        List<List<Integer>> lists = new ArrayList<>();
        for (String part : text.split(";", -1)) {
            lists.add(part.isBlank() ? List.of() : of(part, option));
        }
        return List.copyOf(lists);
    }

    /** One whole number from 0. */
    static int index(String text, String option) {
        String number = text.strip();
        if (!number.matches("\\d{1,10}") || Long.parseLong(number) > Integer.MAX_VALUE) {
            throw new UsageException(
                    option + ": '" + shortened(number) + "' is no whole number from 0 to " + Integer.MAX_VALUE);
        }
        return Integer.parseInt(number);
    }

    /**
     * One real number that models can compute with.
     *
     * @throws UsageException naming the option
     */
    static double real(String text, String option) {
        try {
            double number = Double.parseDouble(text.strip());
            if (NumberRange.COMPUTABLE.contains(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new UsageException(
                option + ": '" + shortened(text) + "' is no number, expected " + NumberRange.COMPUTABLE.expected());
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
}

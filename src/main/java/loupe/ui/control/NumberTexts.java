package loupe.ui.control;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * Numbers as the window shows them: three significant digits, thousands grouped, a true minus sign, units by name.
 *
 * <p>The workbench's font has figures of one width, so right-aligned numbers stand under each other. Thread-safe.
 */
public final class NumberTexts {
    private static final String[] BINARY = {"B", "KB", "MB", "GB", "TB"};

    private NumberTexts() {}

    /**
     * Three significant digits: {@code 0.0421}, {@code 3.80}, {@code 412}, {@code 1.25e-7}, {@code 12,400}; a dash for
     * not-a-number.
     */
    public static String number(double value) {
        if (Double.isNaN(value)) {
            return "\u2013";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "\u221e" : "\u2212\u221e";
        }
        if (value == 0) {
            return "0";
        }
        String digits = digits(Math.abs(value), false);
        return value < 0 ? "\u2212" + digits : digits;
    }

    /**
     * The shortest way to write three significant digits: {@code 3.8}, {@code 0.5}, {@code 200}; for axes and editable
     * fields.
     */
    public static String plain(double value) {
        if (value == 0 || !Double.isFinite(value)) {
            return number(value);
        }
        String digits = digits(Math.abs(value), true);
        return value < 0 ? "\u2212" + digits : digits;
    }

    /** Three significant digits of a positive number; written by hand, because tables need thousands of these. */
    private static String digits(double size, boolean shortest) {
        int decade = (int) Math.floor(Math.log10(size));
        double scaled = size / Math.pow(10, decade - 2);
        if (scaled < 100 || scaled >= 1000) {
            decade += scaled < 100 ? -1 : 1;
            scaled = size / Math.pow(10, decade - 2);
        }
        long three = (long) Math.rint(scaled);
        if (Math.abs(scaled - Math.floor(scaled) - 0.5) < 1e-7) {
            three = new BigDecimal(size)
                    .scaleByPowerOfTen(2 - decade)
                    .setScale(0, RoundingMode.HALF_EVEN)
                    .longValueExact();
        }
        if (three >= 1000) {
            three /= 10;
            decade++;
        }
        StringBuilder text = new StringBuilder(12);
        boolean scientific = decade < -4 || decade > 6;
        if (scientific || decade <= 1) {
            int places = scientific ? 2 : 2 - decade;
            text.append(three);
            while (text.length() <= places) {
                text.insert(0, '0');
            }
            text.insert(text.length() - places, '.');
            if (shortest) {
                cutZeros(text);
            }
            if (scientific) {
                text.append('e').append(decade);
            }
        } else {
            text.append(three);
            for (int zeros = decade - 2; zeros > 0; zeros--) {
                text.append('0');
            }
            for (int comma = text.length() - 3; comma > 0; comma -= 3) {
                text.insert(comma, ',');
            }
        }
        return text.toString();
    }

    private static void cutZeros(StringBuilder text) {
        int end = text.length();
        while (text.charAt(end - 1) == '0') {
            end--;
        }
        text.setLength(text.charAt(end - 1) == '.' ? end - 1 : end);
    }

    /** A whole number with its thousands grouped: {@code 1,000,000}. */
    public static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count).replace('-', '\u2212');
    }

    /** A fraction as a percentage of three significant digits: {@code 0.0412 %}, {@code 37.5 %}. */
    public static String percent(double fraction) {
        return number(fraction * 100) + "\u00a0%";
    }

    /** A number with its unit, or the bare number when there is none. */
    public static String with(double value, String unit) {
        return unit.isEmpty() ? number(value) : number(value) + "\u00a0" + unit;
    }

    /** A size in memory, in powers of 1024: {@code 1.20 GB}. */
    public static String bytes(long bytes) {
        double size = bytes;
        int unit = 0;
        while (Math.abs(size) >= 1024 && unit < BINARY.length - 1) {
            size /= 1024;
            unit++;
        }
        return (unit == 0 ? count(bytes) : number(size)) + "\u00a0" + BINARY[unit];
    }

    /**
     * Parses a number that was typed: both minus signs, a comma or point for decimals, a trailing percent sign or unit
     * ignored.
     *
     * @throws NumberFormatException if there is no number in it
     */
    public static double parse(String typed) {
        String text = typed.strip().replace('\u2212', '-').replace("\u00a0", " ");
        int end = 0;
        while (end < text.length() && "+-0123456789.,eE".indexOf(text.charAt(end)) >= 0) {
            end++;
        }
        text = text.substring(0, end);
        if (text.matches("[+-]?\\d{1,3}(,\\d{3})+(\\.\\d*)?")) {
            text = text.replace(",", "");
        }
        return Double.parseDouble(text.replace(',', '.'));
    }
}

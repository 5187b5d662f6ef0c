package loupe.state.ghost;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import loupe.analysis.ghost.TreeSteering;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenScript;
import loupe.base.NumberRange;

/** Settings of several parts as one line of a session. Reading throws IllegalArgumentException for an invalid line. */
final class RememberedValues {
    private static final int FILTER_PARTS = 8;
    private static final int STEERING_PARTS = 4;

    private RememberedValues() {}

    /** A filter as a line, with the text to match last, because it may have any characters. */
    static String of(TokenFilter filter) {
        return String.join(
                ";",
                filter.scripts().stream().map(Enum::name).sorted().collect(Collectors.joining(",")),
                filter.space().name(),
                Boolean.toString(filter.lettersOnly()),
                Integer.toString(filter.minLength()),
                Integer.toString(filter.maxLength()),
                Double.toString(filter.trained()),
                Boolean.toString(filter.regex()),
                filter.text());
    }

    static TokenFilter filter(String line) {
        String[] parts = parts(line, FILTER_PARTS);
        Set<TokenScript> scripts = parts[0].isEmpty()
                ? Set.of()
                : Arrays.stream(parts[0].split(",")).map(TokenScript::valueOf).collect(Collectors.toSet());
        return new TokenFilter(
                scripts,
                TokenFilter.Space.valueOf(parts[1]),
                Boolean.parseBoolean(parts[2]),
                Integer.parseInt(parts[3]),
                Integer.parseInt(parts[4]),
                Double.parseDouble(parts[5]),
                parts[7],
                Boolean.parseBoolean(parts[6]));
    }

    static String of(SteeringValues steering) {
        return String.join(
                ";",
                steering.kind().name(),
                Double.toString(steering.coefficient()),
                Integer.toString(steering.layer()),
                Boolean.toString(steering.ghost()));
    }

    static SteeringValues steering(String line) {
        String[] parts = parts(line, STEERING_PARTS);
        double coefficient = Double.parseDouble(parts[1]);
        int layer = Integer.parseInt(parts[2]);
        if (!NumberRange.COMPUTABLE.contains(coefficient) || layer < SteeringValues.OWN_LAYER) {
            throw new IllegalArgumentException("steering is " + line);
        }
        return new SteeringValues(
                TreeSteering.Kind.valueOf(parts[0]), coefficient, layer, Boolean.parseBoolean(parts[3]));
    }

    private static String[] parts(String line, int count) {
        String[] parts = line.split(";", count);
        if (parts.length != count) {
            throw new IllegalArgumentException("the line is " + line + ", expected " + count + " parts");
        }
        return parts;
    }
}

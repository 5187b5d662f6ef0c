package loupe.app.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import loupe.base.NumberRange;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The numbers that an option takes, each of them where it takes several. Checked before the command begins; every
 * option of a number has it.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface OptionRange {
    /** The most that a count of things to be listed can usefully be. */
    int MOST_LISTED = 10_000_000;

    /** The largest index or id: how many there really are is known once the files are open. */
    int LARGEST_INDEX = Integer.MAX_VALUE;

    /** The least number, itself included; {@link NumberRange#ABOVE_ZERO} for any above 0. */
    double least() default 0;

    /** The largest number, itself included. */
    double most();

    /** The check of a parsed option. */
    final class Check {
        private Check() {}

        /** The range that an option declares. */
        public static Optional<NumberRange> of(OptionSpec option) {
            return option.userObject() instanceof Field field
                    ? Optional.ofNullable(field.getAnnotation(OptionRange.class))
                            .map(range -> new NumberRange(range.least(), range.most()))
                    : Optional.empty();
        }

        /** Why the value of an option is refused; empty if it is not. */
        static Optional<String> refusal(OptionSpec option) {
            List<Number> numbers = numbers(option.getValue());
            return of(option)
                    .flatMap(range -> numbers.stream()
                            .filter(number -> !range.contains(number.doubleValue()))
                            .findFirst()
                            .map(number -> option.longestName() + (numbers.size() > 1 ? " has " : " is ") + number
                                    + ", expected " + range.expected()));
        }

        private static List<Number> numbers(@Nullable Object value) {
            Stream<?> values = value instanceof int[] whole
                    ? Arrays.stream(whole).boxed()
                    : value instanceof double[] real
                            ? Arrays.stream(real).boxed()
                            : value instanceof Collection<?> several ? several.stream() : Stream.ofNullable(value);
            return values.filter(Number.class::isInstance)
                    .map(Number.class::cast)
                    .toList();
        }
    }
}

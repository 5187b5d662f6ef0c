package loupe.state.window;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import javafx.beans.property.Property;

/** Choices that a session keeps, each as a line under a key. JavaFX thread only. */
public final class RememberedChoices {
    private final Map<String, Choice<?>> choices = new LinkedHashMap<>();

    private record Choice<T>(Property<T> property, Function<T, String> written, Function<String, Optional<T>> read) {
        String remembered() {
            return written.apply(property.getValue());
        }

        void recall(String kept) {
            read.apply(kept).ifPresent(property::setValue);
        }
    }

    /** Keeps a choice of several. */
    public <E extends Enum<E>> RememberedChoices choice(String key, Property<E> property, Class<E> type) {
        choices.put(
                key,
                new Choice<>(
                        property,
                        Enum::name,
                        kept -> Arrays.stream(type.getEnumConstants())
                                .filter(one -> one.name().equals(kept))
                                .findFirst()));
        return this;
    }

    /** Keeps whether something is on. */
    public RememberedChoices flag(String key, Property<Boolean> property) {
        choices.put(
                key,
                new Choice<>(
                        property,
                        on -> Boolean.toString(on),
                        kept -> kept.equals("true") || kept.equals("false")
                                ? Optional.of(Boolean.valueOf(kept))
                                : Optional.empty()));
        return this;
    }

    /** Keeps a text. */
    public RememberedChoices text(String key, Property<String> property) {
        choices.put(key, new Choice<>(property, text -> text, Optional::of));
        return this;
    }

    public Map<String, String> remembered() {
        Map<String, String> kept = new LinkedHashMap<>();
        choices.forEach((key, choice) -> kept.put(key, choice.remembered()));
        return kept;
    }

    /** Restores what was kept; leaves alone what is missing or not understood. */
    public void recall(Map<String, String> kept) {
        choices.forEach((key, choice) -> {
            String line = kept.get(key);
            if (line != null) {
                choice.recall(line);
            }
        });
    }
}

package loupe.ui.control;

import java.util.function.Function;
import javafx.util.StringConverter;

/** Shows the values of a choice by their names; typing a name is not supported. */
public final class LabelConverter<T> extends StringConverter<T> {
    private final Function<T, String> name;

    public LabelConverter(Function<T, String> name) {
        this.name = name;
    }

    @Override
    public String toString(T value) {
        return value == null ? "" : name.apply(value);
    }

    @Override
    public T fromString(String text) {
        throw new UnsupportedOperationException("values are chosen, not typed");
    }
}

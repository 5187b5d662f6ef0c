package loupe.app.command;

import loupe.base.NumberRange;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A layer and a number that models can compute with, as {@code LAYER:NUMBER}. */
record LayerValue(int layer, double value, String text) {
    static final class Converter implements ITypeConverter<LayerValue> {
        @Override
        public LayerValue convert(String text) {
            int colon = text.indexOf(':');
            try {
                int layer = Integer.parseInt(text.substring(0, Math.max(0, colon)));
                double value = Double.parseDouble(text.substring(colon + 1));
                if (NumberRange.COMPUTABLE.contains(value)) {
                    return new LayerValue(layer, value, text);
                }
            } catch (NumberFormatException noNumber) {
                // refused below
            }
            throw new TypeConversionException("'" + text + "', expected a layer and a number from "
                    + NumberRange.COMPUTABLE.expected() + " with a colon between");
        }
    }
}

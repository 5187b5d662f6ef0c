package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.format.PickleReader.Tuple;

/**
 * Numpy's scalars and small arrays as a pickle holds them: numbers, booleans and texts, decoded from their bytes.
 * Arrays become nested lists; longer ones, and those of other types, only what they are. For one thread.
 */
final class NumpyValues {
    /** Elements up to which an array is kept as its values. */
    private static final int MAX_ELEMENTS = 4096;

    private static final Charset UTF_32 = Charset.forName("UTF-32LE");
    private static final Charset UTF_32_BIG = Charset.forName("UTF-32BE");
    private static final Pattern CODE = Pattern.compile("([fiubUS])(\\d{1,4})");

    private NumpyValues() {}

    /** A dtype while it is being built; only its code and byte order matter. */
    static final class Type {
        private final String code;
        private char order = '<';

        Type(String code) {
            this.code = code;
        }

        String code() {
            return code;
        }

        /** Takes the state that numpy gives to a dtype; false if it is none. */
        boolean build(Object state) {
            if (state instanceof Tuple tuple
                    && tuple.items().size() > 1
                    && tuple.items().get(1) instanceof String given
                    && given.length() == 1) {
                order = given.charAt(0);
                return true;
            }
            return false;
        }

        /** Bytes of one element; 0 if it has none that are understood. */
        private int bytes() {
            Matcher parts = CODE.matcher(code);
            if (!parts.matches()) {
                return 0;
            }
            int size = Integer.parseInt(parts.group(2));
            return switch (parts.group(1)) {
                case "U" -> 4 * size;
                case "S" -> size;
                case "f" -> size == 2 || size == 4 || size == 8 ? size : 0;
                case "b" -> size == 1 ? 1 : 0;
                default -> size == 1 || size == 2 || size == 4 || size == 8 ? size : 0;
            };
        }

        private Object read(ByteBuffer bytes) {
            bytes.order(order == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
            return switch (code) {
                case "f8" -> bytes.getDouble();
                case "f4" -> (double) bytes.getFloat();
                case "f2" -> (double) Elements.f16(bytes.getShort());
                case "b1" -> bytes.get() != 0;
                case "i1" -> (long) bytes.get();
                case "u1" -> bytes.get() & 0xFFL;
                case "i2" -> (long) bytes.getShort();
                case "u2" -> bytes.getShort() & 0xFFFFL;
                case "i4" -> (long) bytes.getInt();
                case "u4" -> bytes.getInt() & 0xFFFFFFFFL;
                case "i8", "u8" -> bytes.getLong();
                default -> text(bytes);
            };
        }

        private String text(ByteBuffer bytes) {
            byte[] text = new byte[bytes()];
            bytes.get(text);
            Charset charset = code.startsWith("S") ? StandardCharsets.ISO_8859_1 : order == '>' ? UTF_32_BIG : UTF_32;
            return new String(text, charset).replaceFirst("\0+$", "");
        }
    }

    /** An array while it is being built. */
    static final class Array {
        private Object value = List.of();

        /** Its values as nested lists, or what it is. */
        Object value() {
            return value;
        }

        /** Takes the state that numpy gives to an array: version, shape, dtype, column-major, bytes. */
        boolean build(Object state) {
            if (!(state instanceof Tuple tuple) || tuple.items().size() != 5) {
                return false;
            }
            List<Object> items = tuple.items();
            if (!(items.get(1) instanceof Tuple shape)
                    || !(items.get(2) instanceof Type type)
                    || !(items.get(3) instanceof Boolean columnMajor)) {
                return false;
            }
            return fill(shape, type, columnMajor, items.get(4));
        }

        /** @param data bytes, as they are or as characters; anything else is not looked into */
        boolean fill(Tuple shape, Type type, boolean columnMajor, Object data) {
            long elements = 1;
            for (Object axis : shape.items()) {
                if (!(axis instanceof Long length) || length < 0 || length > Integer.MAX_VALUE) {
                    return false;
                }
                elements = Math.min(elements * length, Integer.MAX_VALUE);
            }
            byte[] bytes = data instanceof String text
                    ? text.getBytes(StandardCharsets.ISO_8859_1)
                    : data instanceof byte[] raw ? raw : null;
            if (bytes == null
                    || type.bytes() == 0
                    || elements > MAX_ELEMENTS
                    || (columnMajor && shape.items().size() > 1)) {
                value = "numpy array of " + type.code() + " " + shape.items();
                return true;
            }
            if (bytes.length != elements * type.bytes()) {
                return false;
            }
            value = nested(shape.items(), 0, type, ByteBuffer.wrap(bytes));
            return true;
        }

        private static Object nested(List<Object> shape, int axis, Type type, ByteBuffer bytes) {
            if (axis == shape.size()) {
                return type.read(bytes);
            }
            List<Object> items = new ArrayList<>();
            for (long i = 0; i < (Long) shape.get(axis); i++) {
                items.add(nested(shape, axis + 1, type, bytes));
            }
            return items;
        }
    }

    /** The value of a scalar; null if its type is not understood or its bytes are not as many. */
    static @org.jspecify.annotations.Nullable Object scalar(Type type, byte[] data) {
        return type.bytes() > 0 && data.length == type.bytes() ? type.read(ByteBuffer.wrap(data)) : null;
    }
}

package loupe.format;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.tensor.DType;

/**
 * The header of an npy array: a Python dictionary literal, read by a grammar just large enough for it.
 *
 * @param dataStart bytes before the first element
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>
 */
record NpyHeader(DType dtype, ByteOrder order, boolean columnMajor, List<Long> shape, int dataStart) {
    static final int MAX_BYTES = 1 << 16;
    private static final int MAX_RANK = 32;

    /** Reads the literal; {@code what} names the array in messages. */
    static NpyHeader parse(PositionalFile file, String what, String literal, int dataStart) {
        return new Parser(file, what, literal).header(dataStart);
    }

    private static final class Parser {
        private final PositionalFile file;
        private final String what;
        private final String text;
        private int at;

        Parser(PositionalFile file, String what, String text) {
            this.file = file;
            this.what = what;
            this.text = text;
        }

        NpyHeader header(int dataStart) {
            Map<String, Object> fields = new HashMap<>();
            expect('{');
            while (peek() != '}') {
                String key = string();
                expect(':');
                Object value = peek() == '('
                        ? tuple()
                        : peek() == 'T' || peek() == 'F' ? truth() : peek() == '[' ? structured() : string();
                if (fields.put(key, value) != null) {
                    throw malformed();
                }
                if (peek() != '}') {
                    expect(',');
                }
            }
            expect('}');
            if (!text.substring(at).isBlank()
                    || !fields.keySet().equals(Set.of("descr", "fortran_order", "shape"))
                    || !(fields.get("descr") instanceof String descr)
                    || !(fields.get("fortran_order") instanceof Boolean columnMajor)
                    || !(fields.get("shape") instanceof List<?> shape)) {
                throw malformed();
            }
            ByteOrder order = descr.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
            return new NpyHeader(
                    dtype(descr),
                    order,
                    columnMajor,
                    shape.stream().map(axis -> (Long) axis).toList(),
                    dataStart);
        }

        private DType dtype(String descr) {
            if (descr.contains("O")) {
                throw file.refuse(
                        what + " holds object arrays (a pickle), which are refused; nothing was run",
                        "an array of numbers",
                        "Save it again as an array of numbers, with allow_pickle=False");
            }
            String code = descr.length() == 3 && "<>|=".indexOf(descr.charAt(0)) >= 0 ? descr.substring(1) : descr;
            return switch (code) {
                case "f2" -> DType.F16;
                case "f4" -> DType.F32;
                case "f8" -> DType.F64;
                case "i1" -> DType.I8;
                case "i2" -> DType.I16;
                case "i4" -> DType.I32;
                case "i8" -> DType.I64;
                case "u1" -> DType.U8;
                case "b1" -> DType.BOOL;
                case "V2" ->
                    throw unsupported(
                            descr,
                            "This is probably bfloat16, which npz cannot name: save it as float32, or as safetensors");
                default -> throw unsupported(descr, "Save it again as float32");
            };
        }

        private RuntimeException unsupported(String descr, String remedy) {
            return file.refuse(
                    what + " has the unsupported type " + descr,
                    "float16, float32, float64, an integer type or bool",
                    remedy);
        }

        private List<Long> tuple() {
            List<Long> items = new ArrayList<>();
            expect('(');
            while (peek() != ')') {
                items.add(natural());
                if (peek() != ')') {
                    expect(',');
                }
            }
            expect(')');
            if (items.size() > MAX_RANK) {
                throw malformed();
            }
            return items;
        }

        private long natural() {
            peek();
            int start = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            if (at == start || at - start > 18) {
                throw malformed();
            }
            return Long.parseLong(text.substring(start, at));
        }

        private Boolean truth() {
            for (String word : List.of("True", "False")) {
                if (text.startsWith(word, at)) {
                    at += word.length();
                    return word.equals("True");
                }
            }
            throw malformed();
        }

        private Object structured() {
            throw unsupported("with named fields", "Save each field as an array of its own");
        }

        private String string() {
            char quote = peek();
            int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
            if (end < 0) {
                throw malformed();
            }
            String inside = text.substring(at + 1, end);
            at = end + 1;
            return inside;
        }

        /** The next character that is not a space. */
        private char peek() {
            while (at < text.length() && text.charAt(at) == ' ') {
                at++;
            }
            if (at == text.length()) {
                throw malformed();
            }
            return text.charAt(at);
        }

        private void expect(char c) {
            if (peek() != c) {
                throw malformed();
            }
            at++;
        }

        private RuntimeException malformed() {
            return file.refuse(
                    "malformed npy header of " + what + " at its character " + at,
                    "{'descr': .., 'fortran_order': .., 'shape': (..)}",
                    "Save the file again with numpy.savez");
        }
    }
}

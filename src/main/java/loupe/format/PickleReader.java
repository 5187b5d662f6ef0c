package loupe.format;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.base.CheckpointException;

/**
 * Reads a pickle as data. A stack machine that imports nothing and calls nothing: a global is a symbol from a short
 * list ({@link PickleGlobals}), and what would be a call of such a symbol becomes a value that describes the result.
 * Anything else is refused by name at the opcode that first mentions it, whatever follows.
 *
 * <p>Values: {@link Map} for dictionaries, {@link List} for lists and sets, {@link Tuple}, String, Long, BigInteger,
 * Double, Boolean, null, {@code byte[]}, {@link Global}, {@link Storage}, {@link Tensor}, {@link NumpyValues} and
 * {@link Bag}. They may share parts and even contain themselves; {@link PickleTree} makes trees of bounded size of
 * them. For one thread.
 *
 * @see <a href="https://github.com/python/cpython/blob/3.11/Lib/pickletools.py">pickletools, for what each opcode
 *     means</a>
 */
final class PickleReader {
    static final int MAX_OPCODES = 10_000_000;
    static final int MAX_STACK = 1_000_000;
    /** Random generators keep numbers of 128 bits. */
    private static final int MAX_LONG_BYTES = 32;

    private static final Object MARK = new Object();

    private final PickleInput in;
    private final PickleGlobals globals;
    private final ArrayList<Object> stack = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private long opcodeAt;

    private PickleReader(PickleInput in) {
        this.in = in;
        this.globals = new PickleGlobals(in.file());
    }

    record Tuple(List<Object> items) {
        static final Tuple EMPTY = new Tuple(List.of());
    }

    /** A name the pickle may mention: a type, a dtype or one of the functions that rebuild tensors. */
    record Global(String module, String name) {
        @Override
        public String toString() {
            return module + "." + name;
        }
    }

    /**
     * A reference to raw elements outside the pickle.
     *
     * @param type {@code FloatStorage} and so on; {@code UntypedStorage} counts bytes
     * @param viewOffset elements to skip, for the views of old files; else 0
     */
    record Storage(String type, String key, long numel, long viewOffset) {}

    /**
     * A view of a storage.
     *
     * @param dtype {@code float32} and so on; empty if the storage's type gives it
     * @param offset,strides in elements
     */
    record Tensor(Storage storage, String dtype, long offset, List<Long> shape, List<Long> strides) {}

    /**
     * An object of some class that is kept as data ({@link InertClasses}): the name of the class, constructor arguments
     * and attributes, never the class itself.
     */
    record Bag(Global type, List<Object> arguments, Map<Object, Object> state) {}

    /**
     * Reads one pickle and leaves {@code in} after it.
     *
     * @throws CheckpointException if anything in it is not plain data
     */
    static Object read(PickleInput in) {
        return new PickleReader(in).run();
    }

    private Object run() {
        for (int count = 0; count < MAX_OPCODES; count++) {
            opcodeAt = in.position();
            int opcode = in.u8();
            if (opcode == '.') {
                Object result = pop();
                if (!stack.isEmpty()) {
                    throw malformed("STOP with " + stack.size() + " values left over");
                }
                return result;
            }
            step(opcode);
            if (stack.size() > MAX_STACK || memo.size() > MAX_STACK) {
                throw tooLarge("more than " + MAX_STACK + " values at once");
            }
        }
        throw tooLarge("more than " + MAX_OPCODES + " opcodes");
    }

    private void step(int opcode) {
        switch (opcode) {
            // framing
            case 0x80 -> protocol(in.u8());
            case 0x95 -> in.i64();
            case '(' -> stack.add(MARK);
            case '0' -> {
                if (stack.isEmpty()) {
                    throw malformed("POP of nothing");
                }
                stack.remove(stack.size() - 1);
            }
            case '1' -> popToMark();
            case '2' -> stack.add(top());
            // constants
            case 'N' -> stack.add(null);
            case 0x88 -> stack.add(true);
            case 0x89 -> stack.add(false);
            case 'J' -> stack.add((long) in.i32());
            case 'K' -> stack.add((long) in.u8());
            case 'M' -> stack.add((long) in.u16());
            case 'I' -> stack.add(textInteger(in.line(), true));
            case 'L' -> stack.add(textInteger(in.line(), false));
            case 0x8A -> stack.add(integer(in.u8()));
            case 0x8B -> stack.add(integer(in.i32()));
            case 'G' -> stack.add(in.bigEndianF64());
            case 'F' -> stack.add(textFloat(in.line()));
            case 'X' -> stack.add(in.utf8(in.i32() & 0xFFFFFFFFL));
            case 0x8C -> stack.add(in.utf8(in.u8()));
            case 0x8D -> stack.add(in.utf8(in.i64()));
            case 'V' -> stack.add(in.line());
            case 'S' -> stack.add(quoted(in.line()));
            case 'T' -> stack.add(python2String(in.bytes(in.i32() & 0xFFFFFFFFL)));
            case 'U' -> stack.add(python2String(in.bytes(in.u8())));
            case 'B' -> stack.add(in.bytes(in.i32() & 0xFFFFFFFFL));
            case 'C' -> stack.add(in.bytes(in.u8()));
            case 0x8E, 0x96 -> stack.add(in.bytes(in.i64()));
            // containers
            case '}' -> stack.add(new LinkedHashMap<>());
            case ']', 0x8F -> stack.add(new ArrayList<>());
            case ')' -> stack.add(Tuple.EMPTY);
            case 't' -> stack.add(new Tuple(popToMark()));
            case 0x85 -> stack.add(tuple(1));
            case 0x86 -> stack.add(tuple(2));
            case 0x87 -> stack.add(tuple(3));
            case 'l', 0x91 -> stack.add(popToMark());
            case 'd' -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                putAll(map, popToMark());
                stack.add(map);
            }
            case 'a' -> {
                Object item = pop();
                list(top()).add(item);
            }
            case 'e', 0x90 -> {
                List<Object> items = popToMark();
                list(top()).addAll(items);
            }
            case 's' -> {
                List<Object> pair = tuple(2).items();
                putAll(map(top()), pair);
            }
            case 'u' -> {
                List<Object> pairs = popToMark();
                putAll(map(top()), pairs);
            }
            // memo
            case 'q' -> memo.put(in.u8(), top());
            case 'r' -> memo.put(in.i32(), top());
            case 'p' -> memo.put(memoKey(in.line()), top());
            case 0x94 -> memo.put(memo.size(), top());
            case 'h' -> stack.add(remembered(in.u8()));
            case 'j' -> stack.add(remembered(in.i32()));
            case 'g' -> stack.add(remembered(memoKey(in.line())));
            // names, and what would be calls
            case 'c' -> {
                String module = in.line();
                stack.add(globals.symbol(module, in.line()));
            }
            case 0x93 -> stackGlobal();
            case 'Q' -> stack.add(globals.storage(pop(), opcodeAt));
            case 'R', 0x81 -> {
                Object arguments = pop();
                stack.add(globals.call(pop(), arguments, opcodeAt));
            }
            case 0x92 -> {
                Object keywords = pop();
                Object arguments = pop();
                if (!(keywords instanceof Map<?, ?> map) || !map.isEmpty()) {
                    throw malformed("an object made with keyword arguments");
                }
                stack.add(globals.call(pop(), arguments, opcodeAt));
            }
            case 'i' -> {
                String module = in.line();
                Global type = globals.symbol(module, in.line());
                stack.add(globals.call(type, new Tuple(popToMark()), opcodeAt));
            }
            case 'o' -> {
                List<Object> parts = popToMark();
                if (parts.isEmpty()) {
                    throw malformed("OBJ without a class");
                }
                stack.add(globals.call(parts.get(0), new Tuple(parts.subList(1, parts.size())), opcodeAt));
            }
            case 'b' -> {
                Object state = pop();
                globals.build(top(), state, opcodeAt);
            }
            case 0x82, 0x83, 0x84 ->
                throw in.file()
                        .refuse(
                                "refused: the pickle uses Python's extension registry at byte " + opcodeAt
                                        + "; nothing was run",
                                "plain tensors and values",
                                PickleGlobals.REMEDY);
            case 'P' ->
                throw in.file()
                        .refuse(
                                "bad storage reference at byte " + opcodeAt + ": \"" + in.line() + "\"",
                                "a torch storage tuple",
                                PickleGlobals.REMEDY);
            default -> throw malformed(String.format("unknown opcode 0x%02X", opcode));
        }
    }

    private void protocol(int version) {
        if (version < 2 || version > 5) {
            throw malformed("pickle protocol " + version);
        }
    }

    private void stackGlobal() {
        Object name = pop();
        if (!(pop() instanceof String module) || !(name instanceof String text)) {
            throw malformed("a name that is not a string");
        }
        stack.add(globals.symbol(module, text));
    }

    private Object pop() {
        Object value = top();
        stack.remove(stack.size() - 1);
        return value;
    }

    private Object top() {
        if (stack.isEmpty() || stack.get(stack.size() - 1) == MARK) {
            throw malformed("a value is missing on the stack");
        }
        return stack.get(stack.size() - 1);
    }

    private List<Object> popToMark() {
        int mark = stack.size() - 1;
        while (mark >= 0 && stack.get(mark) != MARK) {
            mark--;
        }
        if (mark < 0) {
            throw malformed("a mark is missing on the stack");
        }
        List<Object> items = new ArrayList<>(stack.subList(mark + 1, stack.size()));
        stack.subList(mark, stack.size()).clear();
        return items;
    }

    private Tuple tuple(int size) {
        Object[] items = new Object[size];
        for (int i = size - 1; i >= 0; i--) {
            items[i] = pop();
        }
        return new Tuple(java.util.Arrays.asList(items));
    }

    @SuppressWarnings("unchecked")
    private List<Object> list(Object target) {
        if (target instanceof Bag bag) {
            return (List<Object>) bag.state().computeIfAbsent("__items__", key -> new ArrayList<>());
        }
        if (!(target instanceof List)) {
            throw malformed("items are added to what is not a list");
        }
        return (List<Object>) target;
    }

    @SuppressWarnings("unchecked")
    private Map<Object, Object> map(Object target) {
        if (target instanceof Bag bag) {
            return bag.state();
        }
        if (!(target instanceof Map)) {
            throw malformed("an entry is set in what is not a dictionary");
        }
        return (Map<Object, Object>) target;
    }

    private void putAll(Map<Object, Object> map, List<Object> pairs) {
        if (pairs.size() % 2 != 0) {
            throw malformed("a key without a value");
        }
        for (int i = 0; i < pairs.size(); i += 2) {
            Object key = key(pairs.get(i));
            map.put(key, pairs.get(i + 1));
        }
    }

    /** A key as it is, or of a tuple or an enumeration's value its text. */
    private Object key(Object key) {
        if (key instanceof Tuple tuple) {
            return texts(tuple.items(), "(", ")");
        }
        if (key instanceof Bag bag) {
            return texts(bag.arguments(), bag.type() + "(", ")");
        }
        if (key == null || key instanceof Global || isPlain(key)) {
            return key;
        }
        throw malformed("a dictionary key that is neither a string nor a number");
    }

    private String texts(List<Object> items, String before, String after) {
        StringBuilder text = new StringBuilder(before);
        for (Object item : items) {
            if (item != null && !isPlain(item)) {
                throw malformed("a dictionary key that is neither a string nor a number");
            }
            text.append(text.length() == before.length() ? "" : ", ").append(item);
        }
        return text + after;
    }

    private static boolean isPlain(Object value) {
        return value instanceof String
                || value instanceof Long
                || value instanceof BigInteger
                || value instanceof Double
                || value instanceof Boolean;
    }

    private Object remembered(int key) {
        if (!memo.containsKey(key)) {
            throw malformed("memo entry " + key + " does not exist");
        }
        return memo.get(key);
    }

    private int memoKey(String line) {
        try {
            return Integer.parseInt(line.strip());
        } catch (NumberFormatException e) {
            throw malformed("a memo key that is not a number");
        }
    }

    private Object textInteger(String line, boolean booleans) {
        if (booleans && (line.equals("00") || line.equals("01"))) {
            return line.equals("01");
        }
        String digits = line.endsWith("L") ? line.substring(0, line.length() - 1) : line;
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw malformed("an integer that is not one of 64 bits");
        }
    }

    private Double textFloat(String line) {
        try {
            return Double.valueOf(line);
        } catch (NumberFormatException e) {
            throw malformed("a number that is none");
        }
    }

    private Object integer(int bytes) {
        if (bytes < 0 || bytes > MAX_LONG_BYTES) {
            throw malformed("an integer of " + Integer.toUnsignedString(bytes) + " bytes");
        }
        if (bytes == 0) {
            return 0L;
        }
        byte[] bigEndian = new byte[bytes];
        for (int i = bytes - 1; i >= 0; i--) {
            bigEndian[i] = (byte) in.u8();
        }
        BigInteger value = new BigInteger(bigEndian);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private String quoted(String line) {
        String text = line.strip();
        boolean quotes = text.length() >= 2
                && (text.charAt(0) == '\'' || text.charAt(0) == '"')
                && text.charAt(text.length() - 1) == text.charAt(0);
        if (!quotes || text.indexOf('\\') >= 0) {
            throw malformed("a string literal we do not read");
        }
        return text.substring(1, text.length() - 1);
    }

    private static String python2String(byte[] bytes) {
        String utf8 = new String(bytes, StandardCharsets.UTF_8);
        return utf8.indexOf('\uFFFD') >= 0 ? new String(bytes, StandardCharsets.ISO_8859_1) : utf8;
    }

    private CheckpointException malformed(String what) {
        return in.file()
                .refuse(
                        "the pickle is malformed at byte " + opcodeAt + ": " + what,
                        "what torch.save writes",
                        PickleGlobals.REMEDY);
    }

    private CheckpointException tooLarge(String what) {
        return in.file()
                .refuse("the structure in the pickle is too large: " + what, "a state dict", PickleGlobals.REMEDY);
    }
}

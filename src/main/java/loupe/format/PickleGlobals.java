package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;
import loupe.format.PickleReader.Bag;
import loupe.format.PickleReader.Global;
import loupe.format.PickleReader.Storage;
import loupe.format.PickleReader.Tensor;
import loupe.format.PickleReader.Tuple;

/**
 * The only names a pickle may mention, and the value that stands for a call of each. Nothing is looked up, imported or
 * run. What PyTorch's own {@code weights_only} allows beyond SAE and model checkpoints is left out on purpose.
 */
final class PickleGlobals {
    static final String REMEDY =
            "If you trust its author, save only its state_dict with torch or safetensors and open that; otherwise "
                    + "delete the file";

    private static final Set<String> REBUILDERS = Set.of(
            "_rebuild_tensor",
            "_rebuild_tensor_v2",
            "_rebuild_tensor_v3",
            "_rebuild_parameter",
            "_rebuild_parameter_with_state");
    private static final Set<String> DTYPES = Set.of(
            "float64",
            "float32",
            "float16",
            "bfloat16",
            "int64",
            "int32",
            "int16",
            "int8",
            "uint8",
            "bool",
            "double",
            "float",
            "half",
            "long",
            "int",
            "short",
            "complex64",
            "complex128",
            "float8_e4m3fn",
            "float8_e5m2",
            "uint16",
            "uint32",
            "uint64",
            "qint8",
            "quint8",
            "qint32");
    private static final Set<String> NUMPY_CORE = Set.of("numpy.core.multiarray", "numpy._core.multiarray");
    private static final Set<String> BUILTINS = Set.of("set", "bytearray", "complex");
    private static final Set<String> PATHS =
            Set.of("PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath", "Path", "PurePath");
    /** Classes of configurations and of whole modules that people have pickled: kept as a name with attributes. */
    private static final Pattern INERT =
            Pattern.compile("sae_training\\.config\\.LanguageModelSAERunnerConfig|sae_lens\\.training\\.config\\.\\w+|"
                    + "sae_training\\.sparse_autoencoder\\.\\w+"
                    + "|transformer_lens\\.[\\w.]+|autoencoders\\.learned_dict\\.\\w+|argparse\\.Namespace|"
                    + "dictionary_learning\\.[\\w.]+");

    private final PositionalFile file;

    PickleGlobals(PositionalFile file) {
        this.file = file;
    }

    /** A numpy dtype while it is being built; only its code and byte order matter for scalars. */
    private record NumpyType(String code, StringBuilder order) {}

    /** @throws CheckpointException naming the global, unless it is on the list */
    Global symbol(String module, String name) {
        Global global = new Global(module, name);
        if (isAllowed(module, name)) {
            return global;
        }
        if (global.toString().equals("torch.storage._load_from_bytes")) {
            throw refuse("refused: the pickle holds a nested pickle (torch.storage._load_from_bytes); nothing was run");
        }
        throw refuse("refused: the pickle wants to call " + printable(global.toString()) + "; nothing was run");
    }

    private static boolean isAllowed(String module, String name) {
        return switch (module) {
            case "collections" -> name.equals("OrderedDict");
            case "torch._utils" -> REBUILDERS.contains(name);
            case "torch" -> name.equals("Size") || name.equals("device") || DTYPES.contains(name) || isStorage(name);
            case "torch.storage" -> name.equals("UntypedStorage") || name.equals("TypedStorage");
            case "torch.nn.parameter" -> name.equals("Parameter");
            case "_codecs" -> name.equals("encode");
            case "numpy" -> name.equals("dtype");
            case "builtins", "__builtin__" -> BUILTINS.contains(name);
            case "pathlib" -> PATHS.contains(name);
            default ->
                (NUMPY_CORE.contains(module) && name.equals("scalar"))
                        || INERT.matcher(module + "." + name).matches();
        };
    }

    private static boolean isStorage(String name) {
        return name.endsWith("Storage") && name.length() < 30 && name.chars().allMatch(Character::isLetterOrDigit);
    }

    /** The value of {@code callable(*arguments)}, for the callables on the list. */
    Object call(Object callable, Object arguments, long at) {
        if (!(callable instanceof Global global)) {
            throw refuse(
                    "refused: the pickle wants to call what is not a plain name, at byte " + at + "; nothing was run");
        }
        if (!(arguments instanceof Tuple tuple)) {
            throw malformed(at, global + " is called without a tuple of arguments");
        }
        List<Object> given = tuple.items();
        try {
            return switch (global.module()) {
                case "collections" -> orderedDict(given, at);
                case "torch._utils" ->
                    global.name().startsWith("_rebuild_parameter")
                            ? tensor(given.get(0), at)
                            : rebuild(global.name(), given, at);
                case "torch" -> torchValue(global, given, at);
                case "torch.nn.parameter" -> tensor(given.get(0), at);
                case "_codecs" -> ((String) given.get(0)).getBytes(encoding((String) given.get(1), at));
                case "numpy" -> new NumpyType((String) given.get(0), new StringBuilder("<"));
                case "builtins", "__builtin__" -> builtin(global.name(), given, at);
                case "pathlib" ->
                    String.join("/", given.stream().map(String.class::cast).toList())
                            .replaceFirst("^//", "/");
                case "numpy.core.multiarray", "numpy._core.multiarray" ->
                    scalar((NumpyType) given.get(0), bytes(given.get(1)), at);
                case "torch.storage" -> throw malformed(at, global + " is called");
                default ->
                    new Bag(
                            global,
                            List.copyOf(given.stream()
                                    .map(a -> a == null ? "None" : a)
                                    .toList()),
                            new LinkedHashMap<>());
            };
        } catch (ClassCastException | IndexOutOfBoundsException | NullPointerException e) {
            throw malformed(at, global + " is called with arguments that do not fit it");
        }
    }

    private Map<Object, Object> orderedDict(List<Object> given, long at) {
        Map<Object, Object> map = new LinkedHashMap<>();
        if (!given.isEmpty()) {
            for (Object pair : (List<?>) given.get(0)) {
                List<?> items = pair instanceof Tuple tuple ? tuple.items() : (List<?>) pair;
                if (!(items.get(0) instanceof String key)) {
                    throw malformed(at, "an OrderedDict with a key that is no string");
                }
                map.put(key, items.get(1));
            }
        }
        return map;
    }

    private Tensor rebuild(String function, List<Object> given, long at) {
        boolean v3 = function.equals("_rebuild_tensor_v3");
        if (!(given.get(0) instanceof Storage storage)) {
            throw malformed(at, "a tensor without a storage");
        }
        String dtype = v3 ? ((Global) given.get(6)).name() : "";
        return new Tensor(storage, dtype, (Long) given.get(1), longs(given.get(2)), longs(given.get(3)));
    }

    private static List<Long> longs(Object sequence) {
        List<?> items = sequence instanceof Tuple tuple ? tuple.items() : (List<?>) sequence;
        List<Long> longs = new ArrayList<>();
        for (Object item : items) {
            longs.add((long) (Long) item);
        }
        return List.copyOf(longs);
    }

    private Tensor tensor(Object value, long at) {
        if (value instanceof Tensor tensor) {
            return tensor;
        }
        throw malformed(at, "a parameter that is not a tensor");
    }

    private Object torchValue(Global global, List<Object> given, long at) {
        return switch (global.name()) {
            case "Size" ->
                given.get(0) instanceof Tuple tuple ? tuple : new Tuple(new ArrayList<>((List<?>) given.get(0)));
            case "device" -> given.get(0) + (given.size() > 1 ? ":" + given.get(1) : "");
            default -> throw malformed(at, global + " is called");
        };
    }

    private Object builtin(String name, List<Object> given, long at) {
        return switch (name) {
            case "set" -> given.isEmpty() ? new ArrayList<>() : new ArrayList<>((List<?>) given.get(0));
            case "complex" -> new ArrayList<>(given);
            default ->
                given.isEmpty()
                        ? new byte[0]
                        : given.size() == 1
                                ? bytes(given.get(0))
                                : ((String) given.get(0)).getBytes(encoding((String) given.get(1), at));
        };
    }

    private java.nio.charset.Charset encoding(String name, long at) {
        return switch (name) {
            case "latin1", "latin-1" -> StandardCharsets.ISO_8859_1;
            case "ascii" -> StandardCharsets.US_ASCII;
            case "utf-8", "utf8" -> StandardCharsets.UTF_8;
            default -> throw malformed(at, "an unknown text encoding");
        };
    }

    private static byte[] bytes(Object value) {
        return value instanceof String text ? text.getBytes(StandardCharsets.ISO_8859_1) : (byte[]) value;
    }

    private Object scalar(NumpyType type, byte[] data, long at) {
        boolean big = type.order().charAt(0) == '>';
        ByteBuffer bytes = ByteBuffer.wrap(data).order(big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        String code = type.code();
        if (!code.matches("[fiub][1248]") || data.length != code.charAt(1) - '0') {
            throw malformed(at, "a numpy scalar of type " + printable(code));
        }
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
            default -> throw malformed(at, "a numpy scalar of type " + code);
        };
    }

    /** What BUILD does: attributes for bags; ignored for dictionaries (a module's {@code _metadata}) and tensors. */
    void build(Object target, Object state, long at) {
        if (target instanceof Bag bag) {
            Object attributes = state instanceof Tuple tuple && tuple.items().size() == 2
                    ? tuple.items().get(0)
                    : state;
            if (attributes instanceof Map<?, ?> map) {
                bag.state().putAll(map);
                return;
            }
        } else if (target instanceof NumpyType type
                && state instanceof Tuple tuple
                && tuple.items().size() > 1
                && tuple.items().get(1) instanceof String order
                && order.length() == 1) {
            type.order().setCharAt(0, order.charAt(0));
            return;
        } else if ((target instanceof Map || target instanceof Tensor)
                && (state instanceof Map || state instanceof Tuple)) {
            return;
        }
        throw malformed(at, "BUILD of what has no attributes");
    }

    /** The storage a persistent id refers to: {@code ('storage', type, key, location, numel[, view])}. */
    Storage storage(Object id, long at) {
        if (id instanceof Tuple tuple
                && (tuple.items().size() == 5 || tuple.items().size() == 6)
                && "storage".equals(tuple.items().get(0))
                && tuple.items().get(1) instanceof Global type
                && type.name().endsWith("Storage")
                && tuple.items().get(2) instanceof String key
                && tuple.items().get(3) instanceof String
                && tuple.items().get(4) instanceof Long numel
                && numel >= 0) {
            Object view = tuple.items().size() == 6 ? tuple.items().get(5) : null;
            if (view == null) {
                return new Storage(type.name(), key, numel, 0);
            }
            if (view instanceof Tuple parts
                    && parts.items().size() == 3
                    && parts.items().get(1) instanceof Long offset
                    && offset >= 0
                    && parts.items().get(2) instanceof Long size
                    && size >= 0
                    && offset <= numel - size) {
                return new Storage(type.name(), key, numel, offset);
            }
        }
        throw file.refuse(
                "bad storage reference at byte " + at, "('storage', type, key, location, number of elements)", REMEDY);
    }

    private static String printable(String text) {
        String safe = text.replaceAll("[^\\x20-\\x7E]", "?");
        return safe.length() > 100 ? safe.substring(0, 100) + "..." : safe;
    }

    private CheckpointException malformed(long at, String what) {
        return file.refuse("the pickle is malformed at byte " + at + ": " + what, "what torch.save writes", REMEDY);
    }

    private CheckpointException refuse(String found) {
        return file.refuse(found, "tensors, numbers and strings only", REMEDY);
    }
}

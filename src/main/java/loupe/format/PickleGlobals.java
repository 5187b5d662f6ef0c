package loupe.format;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    static final String REMEDY = "If you trust its author, save only its state_dict and open that";

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
    private static final Set<String> NUMPY_NUMERIC = Set.of("numpy.core.numeric", "numpy._core.numeric");
    private static final Set<String> COLLECTIONS = Set.of("OrderedDict", "defaultdict", "Counter");
    private static final Set<String> BUILTINS = Set.of("set", "frozenset", "bytearray", "complex");
    /** Types that may be named, as the default of a dictionary or a value, and not called. */
    private static final Set<String> TYPES =
            Set.of("list", "dict", "tuple", "int", "float", "str", "bool", "bytes", "object", "long", "unicode");

    private static final Set<String> PATHS =
            Set.of("PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath", "Path", "PurePath");
    private final PositionalFile file;

    PickleGlobals(PositionalFile file) {
        this.file = file;
    }

    /** @throws CheckpointException naming the global, unless it is on the list */
    Global symbol(String module, String name) {
        Global global = new Global(module, name);
        if (isAllowed(module, name)) {
            return global;
        }
        if (global.toString().equals("torch.storage._load_from_bytes")) {
            throw refuse("refused: the pickle holds a nested pickle (torch.storage._load_from_bytes); nothing was run");
        }
        throw refuseCall(global);
    }

    private static boolean isAllowed(String module, String name) {
        return switch (module) {
            case "collections" -> COLLECTIONS.contains(name) || InertClasses.contains(module, name);
            case "torch._utils" -> REBUILDERS.contains(name);
            case "torch" ->
                name.equals("Size")
                        || name.equals("device")
                        || DTYPES.contains(name)
                        || isStorage(name)
                        || InertClasses.contains(module, name);
            case "torch.storage" -> name.equals("UntypedStorage") || name.equals("TypedStorage");
            case "torch.nn.parameter" -> name.equals("Parameter");
            case "_codecs" -> name.equals("encode");
            case "copyreg", "copy_reg" -> name.equals("_reconstructor");
            case "numpy" -> name.equals("dtype") || name.equals("ndarray") || InertClasses.contains(module, name);
            case "builtins", "__builtin__" -> BUILTINS.contains(name) || TYPES.contains(name);
            case "pathlib", "pathlib._local" -> PATHS.contains(name);
            default ->
                (NUMPY_CORE.contains(module) && (name.equals("scalar") || name.equals("_reconstruct")))
                        || (NUMPY_NUMERIC.contains(module) && name.equals("_frombuffer"))
                        || InertClasses.contains(module, name);
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
                case "collections" -> collection(global, given, at);
                case "torch._utils" ->
                    global.name().startsWith("_rebuild_parameter")
                            ? tensor(given.get(0), at)
                            : rebuild(global.name(), given, at);
                case "torch" -> torchValue(global, given, at);
                case "torch.nn.parameter" -> tensor(given.get(0), at);
                case "_codecs" -> ((String) given.get(0)).getBytes(encoding((String) given.get(1), at));
                case "copyreg", "copy_reg" -> bag((Global) given.get(0), List.of());
                case "numpy" -> numpyValue(global, given);
                case "builtins", "__builtin__" -> builtin(global, given, at);
                case "pathlib", "pathlib._local" ->
                    String.join("/", given.stream().map(String.class::cast).toList())
                            .replaceFirst("^//", "/");
                case "numpy.core.multiarray", "numpy._core.multiarray" ->
                    global.name().equals("scalar") ? scalar(given, at) : array((Global) given.get(0), at);
                case "numpy.core.numeric", "numpy._core.numeric" -> fromBuffer(given, at);
                case "torch.storage" -> throw malformed(at, global + " is called");
                default -> bag(global, given);
            };
        } catch (ClassCastException | IndexOutOfBoundsException | NullPointerException e) {
            throw malformed(at, global + " is called with arguments that do not fit it");
        }
    }

    /** An object of a class that is only a name here; a type of Python itself makes none. */
    private Bag bag(Global type, List<Object> given) {
        if (TYPES.contains(type.name()) || type.toString().equals("numpy.ndarray")) {
            throw refuseCall(type);
        }
        return new Bag(
                type,
                List.copyOf(given.stream().map(a -> a == null ? "None" : a).toList()),
                new LinkedHashMap<>());
    }

    private Object collection(Global global, List<Object> given, long at) {
        return switch (global.name()) {
            case "OrderedDict" -> orderedDict(given, at);
            // the default comes first, and nothing of it is made
            case "defaultdict" ->
                given.size() > 1 ? new LinkedHashMap<>((Map<?, ?>) given.get(1)) : new LinkedHashMap<>();
            case "Counter" -> given.isEmpty() ? new LinkedHashMap<>() : new LinkedHashMap<>((Map<?, ?>) given.get(0));
            default -> given.isEmpty() ? new ArrayList<>() : new ArrayList<>((List<?>) given.get(0));
        };
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
            case "Generator" -> bag(global, given);
            default -> throw malformed(at, global + " is called");
        };
    }

    private Object numpyValue(Global global, List<Object> given) {
        if (global.name().equals("dtype")) {
            return new NumpyValues.Type((String) given.get(0));
        }
        return bag(global, given);
    }

    private NumpyValues.Array array(Global type, long at) {
        if (!type.toString().equals("numpy.ndarray")) {
            throw malformed(at, "an array of the class " + printable(type.toString()));
        }
        return new NumpyValues.Array();
    }

    private NumpyValues.Array fromBuffer(List<Object> given, long at) {
        NumpyValues.Array array = new NumpyValues.Array();
        boolean filled = array.fill(
                (Tuple) given.get(2),
                (NumpyValues.Type) given.get(1),
                !given.get(3).equals("C"),
                given.get(0));
        if (!filled) {
            throw malformed(at, "a numpy array whose bytes do not fit its shape");
        }
        return array;
    }

    private Object builtin(Global global, List<Object> given, long at) {
        return switch (global.name()) {
            case "set", "frozenset" -> given.isEmpty() ? new ArrayList<>() : new ArrayList<>((List<?>) given.get(0));
            case "complex" -> new ArrayList<>(given);
            case "bytearray" ->
                given.isEmpty()
                        ? new byte[0]
                        : given.size() == 1
                                ? bytes(given.get(0))
                                : ((String) given.get(0)).getBytes(encoding((String) given.get(1), at));
            default -> throw refuseCall(global);
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

    private Object scalar(List<Object> given, long at) {
        NumpyValues.Type type = (NumpyValues.Type) given.get(0);
        Object value = NumpyValues.scalar(type, bytes(given.get(1)));
        if (value == null) {
            throw malformed(at, "a numpy scalar of type " + printable(type.code()));
        }
        return value;
    }

    /**
     * What BUILD does: attributes for bags; values for numpy's types and arrays; ignored for dictionaries (a module's
     * {@code _metadata}) and tensors.
     */
    void build(Object target, Object state, long at) {
        boolean done;
        if (target instanceof Bag bag) {
            Object attributes = state instanceof Tuple tuple && tuple.items().size() == 2
                    ? tuple.items().get(0)
                    : state;
            if (attributes instanceof Map<?, ?> map) {
                bag.state().putAll(map);
            } else {
                bag.state().put("__state__", state);
            }
            done = true;
        } else if (target instanceof NumpyValues.Type type) {
            done = type.build(state);
        } else if (target instanceof NumpyValues.Array array) {
            done = array.build(state);
        } else {
            done = (target instanceof Map || target instanceof Tensor)
                    && (state instanceof Map || state instanceof Tuple);
        }
        if (!done) {
            throw malformed(at, "BUILD of what has no attributes");
        }
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

    private CheckpointException refuseCall(Global global) {
        return refuse("refused: the pickle wants to call " + printable(global.toString()) + "; nothing was run");
    }

    private CheckpointException refuse(String found) {
        return file.refuse(found, "tensors, numbers and strings only", REMEDY);
    }
}

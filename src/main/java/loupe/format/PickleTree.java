package loupe.format;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.format.PickleReader.Bag;
import loupe.format.PickleReader.Tensor;
import loupe.format.PickleReader.Tuple;

/**
 * What a pickle holds, as named tensors and plain values: nested dictionaries are joined by dots as far down as there
 * are tensors in them, and the rest becomes plain maps and lists. Shared parts are copied, so both the depth and the
 * number of values are bounded.
 */
final class PickleTree {
    static final int MAX_DEPTH = 100;
    static final int MAX_VALUES = 1_000_000;
    static final int MAX_TENSORS = 100_000;
    /** Where a pickled module keeps its parts; a state dict's names do not have them. */
    private static final Set<String> MODULE_PARTS = Set.of("_parameters", "_buffers", "_modules");

    private final PositionalFile file;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final IdentityHashMap<Object, Boolean> holdsTensors = new IdentityHashMap<>();
    private int seen;

    private PickleTree(PositionalFile file) {
        this.file = file;
    }

    /** @throws loupe.base.CheckpointException if it is too deep, too large, or gives two things one name */
    static PickleTree of(PositionalFile file, Object root) {
        PickleTree tree = new PickleTree(file);
        if (root instanceof Bag bag) {
            tree.value("__class__", bag.type().toString());
        }
        tree.flatten("", root, 0);
        return tree;
    }

    Map<String, Tensor> tensors() {
        return tensors;
    }

    Map<String, Object> values() {
        return values;
    }

    private void flatten(String name, Object node, int depth) {
        checkDepth(depth);
        if (node instanceof Tensor tensor) {
            if (tensors.put(name.isEmpty() ? "tensor" : name, tensor) != null) {
                throw ambiguous(name);
            }
            if (tensors.size() > MAX_TENSORS) {
                throw tooLarge("more than " + MAX_TENSORS + " tensors");
            }
        } else if ((name.isEmpty() && isContainer(node)) || holdsTensors(node, depth)) {
            countParts(node);
            children(node).forEach((key, child) -> flatten(join(name, key, node), child, depth + 1));
        } else {
            value(name.isEmpty() ? "value" : name, plain(node, depth));
        }
    }

    private static boolean isContainer(Object node) {
        return node instanceof Map || node instanceof List || node instanceof Tuple || node instanceof Bag;
    }

    private static String join(String name, String key, Object parent) {
        if (parent instanceof Bag && MODULE_PARTS.contains(key)) {
            return name;
        }
        return name.isEmpty() ? key : name + "." + key;
    }

    private static Map<String, Object> children(Object node) {
        if (node instanceof Bag bag) {
            return children(bag.state());
        }
        Map<String, Object> children = new LinkedHashMap<>();
        if (node instanceof Map<?, ?> map) {
            map.forEach((key, child) -> children.put(String.valueOf(key), child));
        } else {
            List<?> items = node instanceof Tuple tuple ? tuple.items() : (List<?>) node;
            for (int i = 0; i < items.size(); i++) {
                children.put(String.valueOf(i), items.get(i));
            }
        }
        return children;
    }

    private boolean holdsTensors(Object node, int depth) {
        if (node instanceof Tensor) {
            return true;
        }
        if (!isContainer(node)) {
            return false;
        }
        checkDepth(depth);
        Boolean cached = holdsTensors.get(node);
        if (cached == null) {
            holdsTensors.put(node, false); // so that a list within itself is gone through once
            cached = false;
            for (Object child : children(node).values()) {
                cached |= holdsTensors(child, depth + 1);
            }
            holdsTensors.put(node, cached);
        }
        return cached;
    }

    private Object plain(Object node, int depth) {
        checkDepth(depth);
        countParts(node);
        if (node instanceof Bag || node instanceof Map) {
            Map<String, Object> map = new LinkedHashMap<>();
            if (node instanceof Bag bag) {
                map.put("__class__", bag.type().toString());
                if (!bag.arguments().isEmpty()) {
                    map.put("__arguments__", plain(bag.arguments(), depth + 1));
                }
            }
            children(node).forEach((key, child) -> map.put(key, plain(child, depth + 1)));
            return Collections.unmodifiableMap(map);
        }
        if (node instanceof List || node instanceof Tuple) {
            List<Object> list = new ArrayList<>();
            children(node).values().forEach(child -> list.add(plain(child, depth + 1)));
            return Collections.unmodifiableList(list);
        }
        if (node == null
                || node instanceof String
                || node instanceof Long
                || node instanceof Double
                || node instanceof Boolean) {
            return node;
        }
        if (node instanceof NumpyValues.Array array) {
            return plain(array.value(), depth + 1);
        }
        return node instanceof byte[] bytes ? bytes.length + " bytes" : node.toString();
    }

    private void value(String name, Object value) {
        if (values.containsKey(name)) {
            throw ambiguous(name);
        }
        values.put(name, value);
    }

    private void checkDepth(int depth) {
        if (depth > MAX_DEPTH) {
            throw tooLarge("nested deeper than " + MAX_DEPTH);
        }
    }

    /**
     * Counts what a container holds before any of it is copied, so that a list in itself is not copied at every depth.
     */
    private void countParts(Object node) {
        Object parts = node instanceof Bag bag ? bag.state() : node;
        int size = parts instanceof Map<?, ?> map
                ? map.size()
                : parts instanceof List<?> list
                        ? list.size()
                        : parts instanceof Tuple tuple ? tuple.items().size() : 0;
        if (size > MAX_VALUES - seen) {
            throw tooLarge("more than " + MAX_VALUES + " values");
        }
        seen += size;
    }

    private RuntimeException ambiguous(String name) {
        return file.refuse("two things in the file are both called " + name, "each name once", PickleGlobals.REMEDY);
    }

    private RuntimeException tooLarge(String what) {
        return file.refuse(
                "the structure in the pickle is too large or too deep: " + what, "a state dict", PickleGlobals.REMEDY);
    }
}

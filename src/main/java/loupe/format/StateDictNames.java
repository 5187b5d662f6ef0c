package loupe.format;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The names of a state dict without what other libraries put around them. {@code torch.compile}, data-parallel and
 * sharded wrappers add a component wherever they wrap a module ({@code _orig_mod}, {@code module}); Lightning, trainers
 * and people who save more than a state dict put it under one key or several ({@code state_dict.sae.W_enc}), which is
 * the prefix. Checkpoints and models share this rule.
 */
public final class StateDictNames {
    /** Components that a wrapper adds before the part it wraps, at any depth. */
    private static final Set<String> WRAPPERS = Set.of(
            "_orig_mod",
            "module",
            "_fsdp_wrapped_module",
            "_checkpoint_wrapped_module",
            "_forward_module",
            "_ddp_module");
    /** Keys under which a state dict or a module is kept, in any order. */
    private static final Set<String> KEYS =
            Set.of("state_dict", "model_state_dict", "model", "sae", "autoencoder", "ae", "net", "params");

    /** Stored names by their clean ones. */
    private final Map<String, String> stored;

    private StateDictNames(Map<String, String> stored) {
        this.stored = stored;
    }

    /** The names without wrappers; as they are if two of them would become the same. */
    public static StateDictNames of(Collection<String> names) {
        Map<String, String> stored = new LinkedHashMap<>();
        names.forEach(name -> stored.put(withoutWrappers(name), name));
        if (stored.size() < names.size()) {
            stored.clear();
            names.forEach(name -> stored.put(name, name));
        }
        return new StateDictNames(stored);
    }

    /** The clean names, in file order, prefix included. */
    public Set<String> all() {
        return stored.keySet();
    }

    /** The name in the file; empty if there is no such tensor. */
    public Optional<String> stored(String clean) {
        return Optional.ofNullable(stored.get(clean));
    }

    /**
     * What stands before one of the telling names: nothing, the keys that are known, or one key of any name with known
     * keys before and after it. Known keys come first, fewer before more; names under several unknown keys give one
     * prefix for each.
     *
     * @param telling names that show where the state dict begins, such as {@code W_dec}
     * @return prefixes with their dot, without repetition; empty if no telling name is there
     */
    public List<String> prefixes(Collection<String> telling) {
        Set<String> prefixes = new LinkedHashSet<>();
        for (String name : stored.keySet()) {
            for (String end : telling) {
                if (name.equals(end)) {
                    prefixes.add("");
                } else if (name.endsWith("." + end)) {
                    prefixes.add(name.substring(0, name.length() - end.length()));
                }
            }
        }
        List<String> sorted = new ArrayList<>(prefixes);
        sorted.removeIf(prefix -> unknownKeys(prefix) > 1);
        sorted.sort(Comparator.comparingInt(StateDictNames::unknownKeys).thenComparingInt(StateDictNames::keys));
        return List.copyOf(sorted);
    }

    /** How many keys of a prefix are none of those that are known. */
    public static int unknownKeys(String prefix) {
        return prefix.isEmpty()
                ? 0
                : (int) Arrays.stream(prefix.split("\\.", -1))
                        .filter(key -> !key.isEmpty() && !KEYS.contains(key))
                        .count();
    }

    private static int keys(String prefix) {
        return (int) prefix.chars().filter(c -> c == '.').count();
    }

    /** A name without the components that wrappers add. */
    public static String withoutWrappers(String name) {
        String clean = Arrays.stream(name.split("\\.", -1))
                .filter(component -> !WRAPPERS.contains(component))
                .collect(Collectors.joining("."));
        return clean.isEmpty() ? name : clean;
    }
}

package loupe.ui.tree;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;

/** Finds a text in the sentences of a tree. Thread-safe. */
final class TreeSearch {
    private TreeSearch() {}

    /**
     * The nodes at whose text an occurrence of {@code wanted} in a sentence ends, in the order of the tree's rows; the
     * occurrence may begin in tokens before. Letters match in both cases.
     */
    static Set<Integer> matches(TreeLayout layout, String wanted) {
        Set<Integer> found = new LinkedHashSet<>();
        String needle = wanted.toLowerCase(Locale.ROOT);
        if (needle.isBlank()) {
            return found;
        }
        TreeData data = layout.data();
        for (int i = 0; i < layout.count(); i++) {
            int node = layout.order(i);
            addBelow(layout, data, node, needle, found);
        }
        return found;
    }

    /** The node itself, and what it hides when it is folded or a stub. */
    private static void addBelow(TreeLayout layout, TreeData data, int node, String needle, Set<Integer> found) {
        if (layout.stub(node) > 0) {
            for (int branch : layout.inStub(node)) {
                addHidden(layout, data, branch, needle, found);
            }
            return;
        }
        if (node > 0 && endsIn(data, node, needle)) {
            found.add(node);
        }
        if (layout.folded(node)) {
            for (int child = layout.firstChild(node); child >= 0; child = layout.nextSibling(child)) {
                addHidden(layout, data, child, needle, found);
            }
        }
    }

    private static void addHidden(TreeLayout layout, TreeData data, int node, String needle, Set<Integer> found) {
        if (endsIn(data, node, needle)) {
            found.add(node);
        }
        for (int child = layout.firstChild(node); child >= 0; child = layout.nextSibling(child)) {
            addHidden(layout, data, child, needle, found);
        }
    }

    private static boolean endsIn(TreeData data, int node, String needle) {
        String last = data.text(node).toLowerCase(Locale.ROOT);
        StringBuilder tail = new StringBuilder(last);
        int enough = last.length() + needle.length() - 1;
        for (int at = data.parent(node); at > 0 && tail.length() < enough; at = data.parent(at)) {
            tail.insert(0, data.text(at).toLowerCase(Locale.ROOT));
        }
        int end = tail.lastIndexOf(needle);
        return end >= 0 && end + needle.length() > tail.length() - last.length();
    }
}

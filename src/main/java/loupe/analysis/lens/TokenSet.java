package loupe.analysis.lens;

import java.util.Arrays;
import java.util.stream.IntStream;

/** A named set of tokens. Equal if name and members are. Immutable. */
public final class TokenSet {
    private final String name;
    private final int[] members;

    /** @param members ids, in any order, each counted once */
    public TokenSet(String name, int[] members) {
        this.name = name;
        this.members = IntStream.of(members).sorted().distinct().toArray();
    }

    public String name() {
        return name;
    }

    public int size() {
        return members.length;
    }

    /** Ids in order, each once. Not to be written. */
    public int[] members() {
        return members;
    }

    public boolean has(int token) {
        return Arrays.binarySearch(members, token) >= 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenSet that && name.equals(that.name) && Arrays.equals(members, that.members);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + Arrays.hashCode(members);
    }

    @Override
    public String toString() {
        return name + " (" + members.length + ")";
    }
}

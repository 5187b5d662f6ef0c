package loupe.lm.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;
import java.util.Optional;

/**
 * SentencePiece's compiled table of characters and what they become: a double-array trie, then the texts it points to.
 * The library follows its offsets unchecked.
 *
 * @see <a href="https://github.com/huggingface/spm_precompiled/blob/main/src/lib.rs">the reader of that library</a>
 */
final class CompiledCharacters {
    private static final int BYTES = 256;

    private final int[] units;
    private final byte[] texts;

    private CompiledCharacters(int[] units, byte[] texts) {
        this.units = units;
        this.texts = texts;
    }

    /**
     * What is wrong with a table, as the end of a sentence; empty if nothing is.
     *
     * @param encoded in base64: bytes of the trie as a little-endian integer, the trie, texts that end with a zero
     */
    static Optional<String> defect(String encoded) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(encoded);
        } catch (IllegalArgumentException e) {
            return Optional.of("is not base64");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int trieBytes = bytes.length < Integer.BYTES ? 0 : in.getInt();
        if (trieBytes < Integer.BYTES || trieBytes > in.remaining()) {
            return Optional.of("is cut off");
        }
        int[] units = new int[trieBytes / Integer.BYTES];
        in.asIntBuffer().get(units);
        in.position(in.position() + units.length * Integer.BYTES);
        byte[] texts = new byte[in.remaining()];
        in.get(texts);
        return new CompiledCharacters(units, texts).leadsOutside()
                ? Optional.of("points outside itself")
                : Optional.empty();
    }

    /** Whether any way through the trie ends beyond it, or at a text that is not there. */
    private boolean leadsOutside() {
        BitSet seen = new BitSet(units.length);
        Deque<Integer> next = new ArrayDeque<>();
        long root = offset(units[0]);
        if (root >= units.length) {
            return true;
        }
        next.add((int) root);
        seen.set((int) root);
        while (!next.isEmpty()) {
            int node = next.remove();
            for (int character = 1; character < BYTES; character++) {
                int place = node ^ character;
                if (place >= units.length) {
                    return true;
                }
                int unit = units[place];
                if ((unit & 0x800000FF) != character) {
                    continue;
                }
                long child = place ^ offset(unit);
                if (child >= units.length || (((unit >> 8) & 1) == 1 && !isText(units[(int) child]))) {
                    return true;
                }
                if (!seen.get((int) child)) {
                    seen.set((int) child);
                    next.add((int) child);
                }
            }
        }
        return false;
    }

    private static long offset(int unit) {
        long unsigned = Integer.toUnsignedLong(unit);
        return (unsigned >> 10) << ((unsigned & (1 << 9)) >> 6);
    }

    /** Whether a leaf points to the beginning of a character. */
    private boolean isText(int leaf) {
        int at = leaf & Integer.MAX_VALUE;
        return at <= texts.length && (at == texts.length || (texts[at] & 0xC0) != 0x80);
    }
}

package loupe.index;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Which tokens a pass leaves out: nothing is stored of them, and they are not among the tokens that densities refer to.
 * Definitions: {@code src/site/markdown/methods.md}, section 5.
 *
 * @param beginning id whose tokens are left out (the beginning of text), or -1
 * @param firstPositions so many positions at the beginning of each text that the model reads are left out: of each
 *     document, or of each context if documents run on
 * @param normMultiple tokens are left out whose vector at a hook point that is read is longer than this multiple of the
 *     median over their batch of contexts; 0 to leave out none
 * @param ignored ids whose tokens are left out, ascending
 */
public record CorpusMasks(int beginning, int firstPositions, double normMultiple, List<Integer> ignored) {
    /** Every token counts. */
    public static final CorpusMasks NONE = new CorpusMasks(-1, 0, 0, List.of());

    static final byte BEGINNING = 1;
    static final byte FIRST_POSITIONS = 2;
    static final byte HIGH_NORM = 4;
    static final byte IGNORED = 8;

    /** An index written before there were ignored tokens names none. */
    public CorpusMasks {
        ignored = ignored == null
                ? List.of()
                : ignored.stream().distinct().sorted().toList();
        if (beginning < -1 || firstPositions < 0 || !(normMultiple >= 0) || Double.isInfinite(normMultiple)) {
            throw new IllegalArgumentException(
                    "masks are " + beginning + ", " + firstPositions + ", " + normMultiple + "; none may be negative");
        }
    }

    @JsonIgnore
    public boolean isNone() {
        return equals(NONE);
    }

    boolean needNorms() {
        return normMultiple > 0;
    }

    /**
     * For every token of a batch the masks that leave it out, their bits added up; 0 for a token that counts.
     *
     * @param documents how the contexts were put before the model
     * @param norms one array a hook point with the length of every token's vector; ignored without
     *     {@link #normMultiple}
     */
    byte[] of(List<Contexts.Context> contexts, DocumentPacking documents, List<float[]> norms) {
        byte[] out = new byte
                [contexts.stream().mapToInt(context -> context.ids().length).sum()];
        int token = 0;
        for (Contexts.Context context : contexts) {
            for (int place = 0; place < context.ids().length; place++, token++) {
                out[token] |= context.ids()[place] == beginning ? BEGINNING : 0;
                out[token] |= documents.position(context.documents(), place) < firstPositions ? FIRST_POSITIONS : 0;
                out[token] |= ignored.contains(context.ids()[place]) ? IGNORED : 0;
            }
        }
        if (needNorms()) {
            for (float[] lengths : norms) {
                double limit = normMultiple * median(lengths);
                for (int t = 0; t < out.length; t++) {
                    out[t] |= lengths[t] > limit ? HIGH_NORM : 0;
                }
            }
        }
        return out;
    }

    /** The median; of two middle values the lower one, as in torch. */
    private static float median(float[] values) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(sorted.length - 1) / 2];
    }

    /** The masks in words, as a part of a sentence. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        if (beginning >= 0) {
            parts.add("without token " + beginning);
        }
        if (firstPositions > 0) {
            parts.add(
                    firstPositions == 1
                            ? "without the first position"
                            : "without the first " + firstPositions + " positions");
        }
        if (!ignored.isEmpty()) {
            parts.add("without tokens " + ignored.stream().map(String::valueOf).collect(Collectors.joining(", ")));
        }
        if (needNorms()) {
            parts.add(String.format(Locale.ROOT, "without norms above %s times the median", normMultiple));
        }
        return parts.isEmpty() ? "with every token" : String.join(", ", parts);
    }

    /**
     * How many tokens were left out.
     *
     * @param beginning by the mask of the beginning of text, whatever other masks say
     * @param firstPositions by the mask of first positions, whatever other masks say
     * @param highNorm by the mask of high norms, whatever other masks say
     * @param ignored by the mask of ignored ids, whatever other masks say
     * @param together by at least one
     */
    public record LeftOut(long beginning, long firstPositions, long highNorm, long ignored, long together) {
        public static final LeftOut NOTHING = new LeftOut(0, 0, 0, 0, 0);

        /**
         * These counts plus those of one more batch.
         *
         * @param masks as {@link CorpusMasks#of} gives them
         */
        LeftOut and(byte[] masks) {
            long[] more = new long[5];
            for (byte mask : masks) {
                more[0] += mask & BEGINNING;
                more[1] += (mask & FIRST_POSITIONS) / FIRST_POSITIONS;
                more[2] += (mask & HIGH_NORM) / HIGH_NORM;
                more[3] += (mask & IGNORED) / IGNORED;
                more[4] += mask == 0 ? 0 : 1;
            }
            return and(new LeftOut(more[0], more[1], more[2], more[3], more[4]));
        }

        LeftOut and(LeftOut more) {
            return new LeftOut(
                    beginning + more.beginning,
                    firstPositions + more.firstPositions,
                    highNorm + more.highNorm,
                    ignored + more.ignored,
                    together + more.together);
        }
    }
}

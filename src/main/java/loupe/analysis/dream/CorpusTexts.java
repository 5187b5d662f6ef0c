package loupe.analysis.dream;

import java.util.List;

/** Texts of a corpus, cut so that they can be set beside those of a search. */
public final class CorpusTexts {
    private CorpusTexts() {}

    /**
     * The last tokens that the model read up to a place, with all that it had read before them.
     *
     * @param upTo what it read, the place's token last
     * @param length tokens of the text
     */
    public static TextMeasures.Text whole(int[] upTo, int length) {
        int from = Math.max(0, upTo.length - length);
        return new TextMeasures.Text(Ids.after(upTo, 0).subList(0, from), Ids.after(upTo, from));
    }

    /**
     * The same tokens alone, where those of a search stand.
     *
     * @param before what stands in front of every text of the search
     */
    public static TextMeasures.Text alone(int[] upTo, int length, List<Integer> before) {
        List<Integer> all = Ids.after(upTo, 0);
        int skipped =
                all.size() > before.size() && all.subList(0, before.size()).equals(before) ? before.size() : 0;
        return new TextMeasures.Text(before, all.subList(Math.max(skipped, all.size() - length), all.size()));
    }
}

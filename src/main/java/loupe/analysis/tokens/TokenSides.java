package loupe.analysis.tokens;

import java.util.HashMap;
import java.util.Map;

/**
 * The lists of a feature's encoder and of its decoder direction under otherwise equal settings, side by side, and where
 * the tokens of each stand in the other. Ranks count from 1; a token beyond {@code deepest} has rank {@code deepest} +
 * 1. The arrays are not to be written.
 *
 * @param encoderInDecoder for each token of the encoder's list its rank in the decoder's
 * @param decoderInEncoder for each token of the decoder's list its rank in the encoder's
 * @param deepest the largest rank computed
 */
public record TokenSides(
        TokenList encoder, TokenList decoder, int[] encoderInDecoder, int[] decoderInEncoder, int deepest) {
    private static final int DEEPER = 5;
    private static final int DEEP = 1000;

    /**
     * Compares the two lists, on the host and with two rankings. The encoder share of {@code settings} does not matter.
     */
    public static TokenSides of(TokenRanking ranking, TokenColumns.Answer columns, TokenListSettings settings) {
        int deepest =
                Math.min(Math.min(columns.tokens(), settings.mask().count()), Math.max(DEEP, DEEPER * settings.top()));
        TokenList encoder = ranking.rank(
                columns, settings.withGhost(settings.ghost().withEncoderMix(1)).withTop(Math.max(1, deepest)));
        TokenList decoder = ranking.rank(
                columns, settings.withGhost(settings.ghost().withEncoderMix(0)).withTop(Math.max(1, deepest)));
        int shown = Math.min(settings.top(), encoder.size());
        return new TokenSides(
                encoder.first(shown),
                decoder.first(shown),
                ranks(encoder, shown, decoder),
                ranks(decoder, shown, encoder),
                deepest);
    }

    private static int[] ranks(TokenList of, int shown, TokenList in) {
        Map<Integer, Integer> rankOf = new HashMap<>(2 * in.size());
        for (int i = 0; i < in.size(); i++) {
            rankOf.put(in.tokens()[i], i + 1);
        }
        int[] ranks = new int[shown];
        for (int i = 0; i < shown; i++) {
            ranks[i] = rankOf.getOrDefault(of.tokens()[i], in.size() + 1);
        }
        return ranks;
    }

    /** How many tokens of either list stand in the other one too. */
    public int shared() {
        int shared = 0;
        for (int rank : encoderInDecoder) {
            shared += rank <= decoder.size() ? 1 : 0;
        }
        return shared;
    }
}

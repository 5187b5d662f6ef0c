package loupe.lm;

/**
 * A vector that stands where a token's embedding would stand, before any scaling or position embedding.
 *
 * @param row index in the batch
 * @param position index of the token in this call, counted from 0 whatever the row's first position is
 * @param vector dModel values; not copied and not to be written
 */
public record Ghost(int row, int position, float[] vector) {}

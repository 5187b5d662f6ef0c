package loupe.ui.token;

import java.util.Objects;

/**
 * A token with a number, as bar lists show it.
 *
 * @param id the token's id
 * @param text its text, with its spaces
 * @param weight the number, such as a logit weight
 */
public record TokenWeight(int id, String text, double weight) {
    public TokenWeight {
        Objects.requireNonNull(text, "text");
    }
}

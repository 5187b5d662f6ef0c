/** A prompt, or two, and what is asked of them: their tokens, predictions, features, and what is done to the model. */
@NullMarked
package loupe.state.text;

import org.jspecify.annotations.NullMarked;

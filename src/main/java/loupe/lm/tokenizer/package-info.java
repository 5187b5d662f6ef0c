/** Tokenizers as they are stored, token ids with the text they came from, and the text of a token. */
@NullMarked
package loupe.lm.tokenizer;

import org.jspecify.annotations.NullMarked;

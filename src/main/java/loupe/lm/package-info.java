/**
 * The language model: its configuration, tokenizer, weights and forward pass, hookable at every TransformerLens hook
 * point.
 */
@NullMarked
package loupe.lm;

import org.jspecify.annotations.NullMarked;

/**
 * The language model: its configuration, tokenizer, weights and forward pass, hookable at every TransformerLens hook
 * point.
 */
package loupe.lm;

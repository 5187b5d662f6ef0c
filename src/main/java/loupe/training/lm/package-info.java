/** Language models: a byte-level BPE, a small GPT-2 and its trainer. */
@NullMarked
package loupe.training.lm;

import org.jspecify.annotations.NullMarked;

/** Questions about texts: what a model and its autoencoders do, token by token. */
@NullMarked
package loupe.analysis.prompts;

import org.jspecify.annotations.NullMarked;

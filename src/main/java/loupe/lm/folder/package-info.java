/**
 * Model folders: one reader for each family of language models, what a configuration says, and the weights as stored.
 */
@NullMarked
package loupe.lm.folder;

import org.jspecify.annotations.NullMarked;

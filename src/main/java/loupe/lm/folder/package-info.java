/** Model folders: one reader for each family of language models, the configuration files, and the weights as stored. */
@NullMarked
package loupe.lm.folder;

import org.jspecify.annotations.NullMarked;

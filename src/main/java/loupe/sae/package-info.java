/** The mathematics of sparse autoencoders and their configuration as data. */
@NullMarked
package loupe.sae;

import org.jspecify.annotations.NullMarked;

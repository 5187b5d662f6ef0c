/**
 * Builds the sample that comes with the program: dictionary definitions, the language model that learns them, and its
 * sparse autoencoders.
 */
@NullMarked
package loupe.training.sample;

import org.jspecify.annotations.NullMarked;

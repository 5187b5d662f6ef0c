/**
 * Token lists: real tokens ranked by their likeness to a ghost, at every slider position without touching the device.
 */
@NullMarked
package loupe.analysis.tokens;

import org.jspecify.annotations.NullMarked;

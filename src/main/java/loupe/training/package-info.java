/**
 * Training small models on the CPU: the optimiser, flat parameter storage and learning rates. What can be long can be
 * stopped at any moment and goes on from its last saved state.
 */
@NullMarked
package loupe.training;

import org.jspecify.annotations.NullMarked;

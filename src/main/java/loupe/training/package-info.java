/**
 * Training small models on the CPU: the optimiser, flat parameter storage and learning rates. Long jobs can be stopped
 * at any moment and resume from their last saved state.
 */
@NullMarked
package loupe.training;

import org.jspecify.annotations.NullMarked;

/**
 * All features of a checkpoint: the table's rows, columns, order and filter, the scatter plot, comparison, and the
 * batch.
 */
@NullMarked
package loupe.state.features;

import org.jspecify.annotations.NullMarked;

/**
 * All features of a checkpoint: the table, the densities, the scatter plot, the selected feature's header, and the
 * batch.
 */
@NullMarked
package loupe.ui.features;

import org.jspecify.annotations.NullMarked;

/** Two checkpoints side by side: which feature of one is which of the other. */
@NullMarked
package loupe.analysis.compare;

import org.jspecify.annotations.NullMarked;

/** Text that makes a feature as active as possible, found by evolutionary prompt optimisation. */
@NullMarked
package loupe.analysis.dream;

import org.jspecify.annotations.NullMarked;

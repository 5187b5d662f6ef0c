/**
 * What people write down about features: labels, notes, tags, stars and lists, by what a checkpoint's weights are and
 * not where they lie; in one file, which several windows and commands share.
 */
@NullMarked
package loupe.labels;

import org.jspecify.annotations.NullMarked;

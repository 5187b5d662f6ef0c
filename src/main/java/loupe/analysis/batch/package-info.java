/**
 * Trees, token lists and best scales of many features: what is asked of each, and the file of JSON lines it is written
 * to.
 */
@NullMarked
package loupe.analysis.batch;

import org.jspecify.annotations.NullMarked;

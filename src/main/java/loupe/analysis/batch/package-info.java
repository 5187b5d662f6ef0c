/**
 * Trees, token lists and best scales of many features: what is computed for each, and the file of JSON lines that holds
 * the results.
 */
@NullMarked
package loupe.analysis.batch;

import org.jspecify.annotations.NullMarked;

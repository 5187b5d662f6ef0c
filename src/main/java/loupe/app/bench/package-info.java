/**
 * The benchmarks behind {@code sae-loupe bench}: on models they make themselves, each reported relative to the
 * machine's own matrix-product peak and memory bandwidth, measured in the same run.
 */
@NullMarked
package loupe.app.bench;

import org.jspecify.annotations.NullMarked;

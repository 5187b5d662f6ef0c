/**
 * One pass over a corpus collects the activations of every feature: {@link loupe.index.IndexBuild} writes it,
 * {@link loupe.index.ActivationIndex} answers from it in milliseconds. An index is a folder of Parquet files that
 * pandas, polars or DuckDB read as they are; {@code src/site/markdown/index.md} describes the columns.
 */
@NullMarked
package loupe.index;

import org.jspecify.annotations.NullMarked;

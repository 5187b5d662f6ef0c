/** Where all vectors of one kind lie: their largest cosines with one another. */
@NullMarked
package loupe.analysis.geometry;

import org.jspecify.annotations.NullMarked;

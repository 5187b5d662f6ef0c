/**
 * What the weights alone say about features: neighbours by cosine, logit weights and their moments, geometry of all
 * directions.
 */
@NullMarked
package loupe.analysis.features;

import org.jspecify.annotations.NullMarked;

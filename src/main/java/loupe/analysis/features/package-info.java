/**
 * What the weights alone say about features: neighbours by cosine, logit weights and their moments, geometry of all
 * directions.
 */
package loupe.analysis.features;

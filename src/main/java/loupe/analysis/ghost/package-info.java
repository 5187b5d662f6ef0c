/**
 * Ghost tokens: vectors made from a feature's directions and put where a token's embedding would stand, the geometry of
 * the embedding they are measured against, and the definition trees a model grows from them.
 */
@NullMarked
package loupe.analysis.ghost;

import org.jspecify.annotations.NullMarked;

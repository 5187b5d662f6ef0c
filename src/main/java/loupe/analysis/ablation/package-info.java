/** What a feature's activation becomes when tokens before it are taken away or others stand in their place. */
@NullMarked
package loupe.analysis.ablation;

import org.jspecify.annotations.NullMarked;

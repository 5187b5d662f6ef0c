/** What is near a feature: the token list, its nearest features and tokens, and its logit weights. */
@NullMarked
package loupe.ui.nearest;

import org.jspecify.annotations.NullMarked;

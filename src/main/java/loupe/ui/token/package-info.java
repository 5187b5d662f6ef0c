/** Tokens as text: strips coloured by activation, lines, and lists of examples. */
@NullMarked
package loupe.ui.token;

import org.jspecify.annotations.NullMarked;

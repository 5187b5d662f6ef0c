/** The help: what the window's words, figures and keys mean, to be searched, and to be opened at one of them. */
@NullMarked
package loupe.ui.help;

import org.jspecify.annotations.NullMarked;

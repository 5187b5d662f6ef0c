/** Charts and tables as files or on the clipboard: PNG, SVG, PDF and CSV. */
@NullMarked
package loupe.ui.export;

import org.jspecify.annotations.NullMarked;

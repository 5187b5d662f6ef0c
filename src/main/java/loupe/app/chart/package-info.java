/** The charts of the window as commands. */
@NullMarked
package loupe.app.chart;

import org.jspecify.annotations.NullMarked;

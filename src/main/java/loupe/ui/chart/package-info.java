/** Charts, their axes, and brushing ranges and boxes on them. */
@NullMarked
package loupe.ui.chart;

import org.jspecify.annotations.NullMarked;

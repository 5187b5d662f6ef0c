/** Charts, their axes, and brushing ranges and boxes on them. */
package loupe.ui.chart;

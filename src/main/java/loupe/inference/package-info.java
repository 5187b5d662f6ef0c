/**
 * The one place where the engine runs. Every pane and every command asks its questions here as
 * {@link loupe.inference.Query} values and gets host-side answers back; one device thread owns every array.
 */
@NullMarked
package loupe.inference;

import org.jspecify.annotations.NullMarked;

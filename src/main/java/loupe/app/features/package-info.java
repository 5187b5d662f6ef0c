/** Commands that list a checkpoint's features: as a table, by words, and with what people wrote down about them. */
@NullMarked
package loupe.app.features;

import org.jspecify.annotations.NullMarked;

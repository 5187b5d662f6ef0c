/** Commands that ask what features do. */
@NullMarked
package loupe.app.effects;

import org.jspecify.annotations.NullMarked;

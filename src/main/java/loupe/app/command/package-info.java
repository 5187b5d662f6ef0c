/** The commands, one class each, and the options several of them share. */
@NullMarked
package loupe.app.command;

import org.jspecify.annotations.NullMarked;

/**
 * Where the program begins. {@link loupe.app.Main} puts the command line together; the window, the commands, the
 * benchmarks and the tour have a room each. Sees everything; nothing sees it.
 */
@NullMarked
package loupe.app;

import org.jspecify.annotations.NullMarked;

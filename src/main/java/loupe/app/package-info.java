/**
 * The entry point of the program. {@link loupe.app.Main} puts the command line together; the window, the commands, the
 * benchmarks and the tour have a package each. Depends on all other packages; none depends on it.
 */
@NullMarked
package loupe.app;

import org.jspecify.annotations.NullMarked;

/** What every command of the command line shares: options, progress, results, refusals, and the end of the process. */
@NullMarked
package loupe.app.cli;

import org.jspecify.annotations.NullMarked;

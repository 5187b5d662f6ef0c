/**
 * The parts that all commands of the command line share: options, progress, results, refusals, and the end of the
 * process.
 */
@NullMarked
package loupe.app.cli;

import org.jspecify.annotations.NullMarked;

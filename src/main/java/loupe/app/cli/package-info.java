/** What every command of the command line shares: options, progress, results, refusals, and the end of the process. */
package loupe.app.cli;

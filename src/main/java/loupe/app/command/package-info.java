/** The command line, with one class per command. */
package loupe.app.command;

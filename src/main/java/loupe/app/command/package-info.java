/** The commands, one class each, and the options several of them share. */
package loupe.app.command;

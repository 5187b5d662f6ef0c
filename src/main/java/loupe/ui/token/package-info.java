/** Tokens as text: strips coloured by activation, lines, and lists of examples. */
package loupe.ui.token;

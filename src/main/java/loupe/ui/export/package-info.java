/** Charts and tables as files or on the clipboard: PNG, SVG, PDF and CSV. */
package loupe.ui.export;

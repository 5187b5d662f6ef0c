/** How a checkpoint is read: the form for what it leaves open, the page about it, and what is in a file. */
package loupe.ui.checkpoint;

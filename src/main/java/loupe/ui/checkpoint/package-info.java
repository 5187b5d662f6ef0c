/** How a checkpoint is read: the form for what it leaves open, the page about it, and what is in a file. */
@NullMarked
package loupe.ui.checkpoint;

import org.jspecify.annotations.NullMarked;

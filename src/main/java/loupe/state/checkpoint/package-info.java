/** How a checkpoint is read: its audit, saving it in another format, files before they are opened, and files nearby. */
@NullMarked
package loupe.state.checkpoint;

import org.jspecify.annotations.NullMarked;

/**
 * Files as named tensors and JSON. Everything read here is untrusted: sizes are checked before memory is taken, and
 * nothing is ever executed.
 */
@NullMarked
package loupe.format;

import org.jspecify.annotations.NullMarked;

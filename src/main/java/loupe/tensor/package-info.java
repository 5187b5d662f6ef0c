/**
 * Tensors without an engine: {@link loupe.tensor.HostTensor} in memory, {@link loupe.tensor.StoredTensor} in a file.
 */
@NullMarked
package loupe.tensor;

import org.jspecify.annotations.NullMarked;

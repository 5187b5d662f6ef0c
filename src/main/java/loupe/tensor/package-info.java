/**
 * Tensors without an engine: {@link loupe.tensor.HostTensor} in memory, {@link loupe.tensor.StoredTensor} in a file.
 */
package loupe.tensor;

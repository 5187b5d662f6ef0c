package loupe.archfixture.format;

/** Makes a cycle with the tensor layer. */
public class KnowsTensor {
    loupe.archfixture.tensor.ReadsFormat tensor;
}

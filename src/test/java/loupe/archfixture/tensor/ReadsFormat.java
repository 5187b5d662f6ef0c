package loupe.archfixture.tensor;

/** Breaks the layers: a tensor that knows its file. */
public class ReadsFormat {
    loupe.archfixture.format.KnowsTensor file;
}

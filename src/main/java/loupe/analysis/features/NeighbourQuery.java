package loupe.analysis.features;

import java.util.List;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;

/** A vector whose neighbours are searched. */
public sealed interface NeighbourQuery {
    /** A token's embedding. */
    record Token(ModelId model, int id) implements NeighbourQuery {}

    /** The mean of the embeddings of a text's tokens. */
    record Text(ModelId model, List<Integer> ids) implements NeighbourQuery {
        public Text {
            ids = List.copyOf(ids);
            if (ids.isEmpty()) {
                throw new Refusal("The text has no tokens", "at least one", "Write a text");
            }
        }
    }

    /** A feature's encoder direction when searched among encoder directions, else its decoder direction. */
    record Feature(SaeId sae, int index) implements NeighbourQuery {}

    /** A token's decoder bias in the lookup of a tokenized autoencoder. */
    record Bias(SaeId sae, int id) implements NeighbourQuery {}

    /** Independent standard normal coordinates, the same for the same seed. */
    record RandomVector(long seed) implements NeighbourQuery {}

    /**
     * A sum of vectors as they are, not made units first.
     *
     * @param terms at least one, none of them a sum
     */
    record Sum(List<Term> terms) implements NeighbourQuery {
        public Sum {
            terms = List.copyOf(terms);
            if (terms.isEmpty() || terms.stream().anyMatch(term -> term.of() instanceof Sum)) {
                throw new IllegalArgumentException("terms are " + terms);
            }
        }
    }

    /** A vector times a factor. */
    record Term(double factor, NeighbourQuery of) {}

    /** Any vector, of shape (dModel). */
    record Vector(HostTensor vector) implements NeighbourQuery {}
}

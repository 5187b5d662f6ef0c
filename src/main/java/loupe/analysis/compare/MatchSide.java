package loupe.analysis.compare;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;
import loupe.analysis.DeviceArrays;
import loupe.analysis.features.NeighbourSpace;
import loupe.base.Refusal;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.sae.SaeConfig;

/** Which directions of two checkpoints' features are compared. */
public enum MatchSide {
    DECODER,
    ENCODER,
    /** The mean of the cosine of the decoder directions and that of the encoder directions. */
    BOTH;

    private boolean isOfDecoder() {
        return this != ENCODER;
    }

    private boolean isOfEncoder() {
        return this != DECODER;
    }

    /** Why the features of two checkpoints cannot be compared so; empty if their vectors have one width. */
    public Optional<Refusal> misfit(SaeId a, SaeConfig configOfA, SaeId b, SaeConfig configOfB) {
        if (isOfDecoder() && configOfA.dOut() != configOfB.dOut()) {
            return Optional.of(refusal(a, "writes", configOfA.dOut(), b, configOfB.dOut()));
        }
        return isOfEncoder() && configOfA.dIn() != configOfB.dIn()
                ? Optional.of(refusal(a, "reads", configOfA.dIn(), b, configOfB.dIn()))
                : Optional.empty();
    }

    private static Refusal refusal(SaeId a, String does, int widthOfA, SaeId b, int widthOfB) {
        return new Refusal(
                a.name() + " " + does + " vectors of " + widthOfA + " numbers and " + b.name() + " of " + widthOfB
                        + ", so their features cannot be matched",
                "",
                "Choose two checkpoints of the same place in a model");
    }

    /**
     * Cosines of some features of one checkpoint with all of another, 0 where a direction is 0.
     *
     * @return (end - first, features of b), of the step's arrays
     * @throws Refusal if their vectors have different widths
     */
    NDArray cosines(Scope scope, SaeId a, SaeId b, int first, int end) {
        misfit(a, scope.sae(a).config(), b, scope.sae(b).config()).ifPresent(refusal -> {
            throw refusal;
        });
        List<NDArray> each = spaces(a, b).stream()
                .map(pair ->
                        cosines(scope.arrays(), pair.a().rows(scope), pair.b().rows(scope), first, end))
                .toList();
        return each.size() == 1 ? each.get(0) : each.get(0).addi(each.get(1)).muli(0.5f);
    }

    private record Spaces(NeighbourSpace a, NeighbourSpace b) {}

    private List<Spaces> spaces(SaeId a, SaeId b) {
        Spaces decoders = new Spaces(new NeighbourSpace.Decoder(a), new NeighbourSpace.Decoder(b));
        Spaces encoders = new Spaces(new NeighbourSpace.Encoder(a), new NeighbourSpace.Encoder(b));
        return switch (this) {
            case DECODER -> List.of(decoders);
            case ENCODER -> List.of(encoders);
            case BOTH -> List.of(decoders, encoders);
        };
    }

    private static NDArray cosines(NDManager step, NDArray left, NDArray right, int first, int end) {
        NDArray rows = DeviceArrays.rows(step, left, first, end);
        NDArray turned = right.transpose();
        turned.attach(step);
        return rows.mul(inverseNorms(rows).expandDims(1)).matMul(turned).muli(inverseNorms(right));
    }

    private static NDArray inverseNorms(NDArray rows) {
        return rows.square().sum(new int[] {1}).sqrt().maximum(1e-30f).pow(-1);
    }
}

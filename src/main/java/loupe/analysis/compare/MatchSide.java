package loupe.analysis.compare;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Optional;
import loupe.analysis.DeviceArrays;
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
        return switch (this) {
            case DECODER -> decoders(scope, a, b, first, end);
            case ENCODER -> encoders(scope, a, b, first, end);
            case BOTH ->
                decoders(scope, a, b, first, end)
                        .addi(encoders(scope, a, b, first, end))
                        .muli(0.5f);
        };
    }

    private static NDArray decoders(Scope scope, SaeId a, SaeId b, int first, int end) {
        return cosines(scope.arrays(), scope.sae(a).decoder(), scope.sae(b).decoder(), first, end);
    }

    private static NDArray encoders(Scope scope, SaeId a, SaeId b, int first, int end) {
        NDArray left = scope.sae(a).encoder().transpose();
        NDArray right = scope.sae(b).encoder().transpose();
        left.attach(scope.arrays());
        right.attach(scope.arrays());
        return cosines(scope.arrays(), left, right, first, end);
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

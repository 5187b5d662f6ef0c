package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import loupe.base.Cancellation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A question that asks others on its way: whose the arrays are, and who has the weights. */
class ScopeWithinScopeTest {
    private static final int STEPS = 30;

    private final NDManager root = NDManager.newBaseManager();
    private final DeviceMemory memory = new DeviceMemory(root, "CPU", 1 << 20);
    private final Resident<Weights> sae = new Resident<>(
            "sae", 16, true, owner -> new Weights(owner.ones(new Shape(4))), value -> List.of(value.array()), () -> {});

    @AfterEach
    void closeEngine() {
        root.close();
    }

    @Test
    void theArraysOfEachStepGoWhenItEnds() {
        List<Integer> held = new ArrayList<>();
        try (StepScope scope = scope()) {
            scope.answer(new Sum(sae, held));
        }
        assertThat(held).hasSize(STEPS).containsOnly(held.get(0));
    }

    @Test
    void aWeightComesBackToTheScopeThatHadItBefore() {
        try (StepScope scope = scope()) {
            NDArray weight = scope.lend(sae).array();
            assertThat(scope.answer(new Sum(sae, new ArrayList<>()))).isEqualTo(4 * STEPS);
            assertThat(weight.getManager()).isSameAs(scope.arrays());
            assertThat(weight.mul(2).getManager()).isSameAs(scope.arrays());
        }
        assertThat(sae.isOnDevice()).isTrue();
        try (StepScope scope = scope()) {
            assertThat(scope.lend(sae).array().sum().getFloat()).isEqualTo(4);
        }
    }

    @Test
    void aWeightOfAnOuterScopePassesOverTheScopeBetween() {
        try (StepScope scope = scope()) {
            NDArray weight = scope.lend(sae).array();
            assertThat(scope.answer(new Twice(sae))).isEqualTo(8 * STEPS);
            assertThat(weight.getManager()).isSameAs(scope.arrays());
        }
    }

    @Test
    void whatAScopeWithinBorrowedStaysForTheScopeAround() {
        try (StepScope scope = scope()) {
            scope.answer(new Sum(sae, new ArrayList<>()));
            assertThat(scope.lent()).containsExactly(sae);
        }
        assertThat(memory.usedBytes()).isEqualTo(16);
    }

    @Test
    void aSharedArrayLastsAsLongAsTheScopeThatTookIt() {
        try (StepScope scope = scope()) {
            NDArray before = scope.kept("key", () -> scope.arrays().ones(new Shape(3)));
            assertThat(scope.answer(new SumOfShared())).isEqualTo(3);
            assertThat(before.sum().getFloat()).isEqualTo(3);
        }
        try (StepScope scope = scope()) {
            assertThat(scope.answer(new SumOfShared())).isEqualTo(3);
        }
    }

    private StepScope scope() {
        return new StepScope(
                memory, new AnswerCache(1 << 20), id -> null, id -> null, id -> null, new Cancellation(), () -> false);
    }

    private record Weights(NDArray array) implements AutoCloseable {
        @Override
        public void close() {
            array.close();
        }
    }

    /** The sum of a weight's elements, once for each step. */
    private record Sum(Resident<Weights> sae, List<Integer> held) implements Query.Stepped<Float> {
        @Override
        public Query.Sweep<Float> begin() {
            return new Query.Sweep<>() {
                private int done;
                private float sum;

                @Override
                public boolean step(Scope scope) {
                    NDArray array = ((StepScope) scope).lend(sae).array();
                    NDArray doubled = array.mul(2);
                    sum += doubled.sum().getFloat() / 2;
                    NDManager outer = scope.arrays().getParentManager();
                    held.add(ManagerPeek.count(outer));
                    return ++done < STEPS;
                }

                @Override
                public Float result() {
                    return sum;
                }

                @Override
                public double fraction() {
                    return (double) done / STEPS;
                }
            };
        }

        @Override
        public boolean cacheable() {
            return false;
        }
    }

    /** Asks for the sum twice, without the weight itself. */
    private record Twice(Resident<Weights> sae) implements Query.Single<Float> {
        @Override
        public Float answer(Scope scope) {
            return scope.answer(new Sum(sae, new ArrayList<>()))
                    + scope.answer(new Sum(sae, new ArrayList<>(List.of(1))));
        }
    }

    private record SumOfShared() implements Query.Single<Float> {
        @Override
        public Float answer(Scope scope) {
            return scope.kept("key", () -> scope.arrays().zeros(new Shape(3)))
                    .sum()
                    .getFloat();
        }
    }
}

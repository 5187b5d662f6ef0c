package loupe.analysis.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.geometry.NearestCounts.Hub;
import loupe.inference.SaeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CosineFiguresTest {
    private static final float NAN = Float.NaN;

    @Test
    void aSummaryLeavesOutWhatIsNotKnown() {
        CosineSummary summary = CosineSummary.of(new float[] {0.5f, NAN, -1, 1, 0.25f}, 4);
        assertThat(summary.vectors()).isEqualTo(4);
        assertThat(summary.mean()).isEqualTo(0.1875);
        assertThat(summary.median()).isEqualTo(0.375);
        assertThat(summary.max()).isEqualTo(1);
        assertThat(summary.min()).isEqualTo(-1);
        assertThat(summary.histogram().counts()).containsExactly(1, 0, 1, 2); // the right end is closed
        assertThat(summary.histogram().edges()).containsExactly(-1, -0.5, 0, 0.5, 1);
        assertThat(CosineSummary.of(new float[] {NAN}, 2).mean()).isNaN();
        assertThat(CosineSummary.of(new float[] {1.0000001f, -1.0000001f}, 2)
                        .histogram()
                        .counts())
                .containsExactly(1, 1);
    }

    @Test
    void hubsAreByFallingCountThenByNumberAndPairsMutual() {
        // 0 <-> 1, 2 -> 1, 3 -> 2, 4 has none
        int[] nearest = {1, 0, 1, 2, -1};
        int[] degrees = NearestCounts.inDegrees(nearest, 5);
        assertThat(degrees).containsExactly(1, 2, 1, 0, 0);
        assertThat(NearestCounts.hubs(degrees, 4))
                .containsExactly(new Hub(1, 2), new Hub(0, 1), new Hub(2, 1), new Hub(3, 0));
        assertThat(NearestCounts.mutualShare(nearest)).isEqualTo(0.4);
        assertThat(NearestCounts.mutualShare(new int[0])).isNaN();
    }

    @Test
    void thePeakIsTheFirstOfEquallyFullBins() {
        float[] largest = {0.1f, 0.2f, 0.9f, 0.95f, NAN};
        NearestCounts.Peak peak = NearestCounts.peak(largest, new int[] {2, 2, 3, 2, -1}, 5, 4);
        assertThat(peak).isEqualTo(new NearestCounts.Peak(2, 2, 1));
        assertThat(NearestCounts.peak(new float[] {NAN}, new int[] {-1}, 1, 4))
                .isEqualTo(new NearestCounts.Peak(0, 0, 0));
    }

    @Test
    void binsAreFineEnoughForWhatTheyShowAndHoldAllOfIt() {
        float[] narrow = new float[1000];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = 0.1f + i * 1e-4f;
        }
        CosineBins bins = CosineBins.over(List.of(narrow, new float[0], new float[] {NAN}));
        assertThat(bins.parts()).isEqualTo(1000); // 0.1 is 50 bins of 0.002
        double[] edges = bins.edges();
        assertThat(edges[0]).isLessThanOrEqualTo(0.1f);
        assertThat(edges[edges.length - 1]).isGreaterThan(0.1999);
        double[] counts = bins.counts(narrow);
        assertThat(java.util.Arrays.stream(counts).sum()).isEqualTo(1000);
        for (int i = 0; i < narrow.length; i += 37) {
            int bin = bins.bin(narrow[i]);
            assertThat((double) narrow[i]).isBetween(edges[bin] - 1e-7, edges[bin + 1] + 1e-7);
            assertThat(bins.edge(edges[bin])).isEqualTo(bin);
        }
        assertThat(bins.bin(NAN)).isEqualTo(-1);
        assertThat(bins.bin(-0.5f)).isEqualTo(-1);
        assertThat(CosineBins.over(List.of(new float[] {NAN})).count()).isEqualTo(1);
    }

    @Test
    void whatIsKeptComesBackAndAnotherQuestionFindsNothing(@TempDir Path folder) throws IOException {
        KeptCosines disk = new KeptCosines(folder.resolve("cosines"));
        SaeId sae = new SaeId("sae", "abc");
        VectorSet set = new VectorSet.Of(new NeighbourSpace.Decoder(sae));
        LargestCosines question = new LargestCosines(set, List.of(1, 10));
        float[] first = {0.5f, 0.25f, 0.5f};
        LargestCosines.Answer answer = new LargestCosines.Answer(
                3, 8, List.of(1, 10), 3, List.of(first, new float[] {NAN, NAN, NAN}), new int[] {2, -1, 70_001});
        assertThat(disk.find(question)).isEmpty();
        disk.keep(question, answer);

        LargestCosines.Answer found = disk.find(question).orElseThrow();
        assertThat(found.count()).isEqualTo(3);
        assertThat(found.width()).isEqualTo(8);
        assertThat(found.done()).isEqualTo(3);
        assertThat(found.nearest()).containsExactly(2, -1, 70_001);
        assertThat(found.largest().get(0)).containsExactly(first);
        assertThat(found.largest().get(1)).containsOnly(NAN);
        for (LargestCosines other : List.of(
                new LargestCosines(set, List.of(1)),
                new LargestCosines(set, List.of(1, 10), 2),
                new LargestCosines(new VectorSet.RandomLike(new NeighbourSpace.Decoder(sae), 0), List.of(1, 10)),
                new LargestCosines(new VectorSet.Of(new NeighbourSpace.Encoder(sae)), List.of(1, 10)),
                new LargestCosines(
                        new VectorSet.Of(new NeighbourSpace.Decoder(new SaeId("sae", "abd"))), List.of(1, 10)))) {
            assertThat(disk.find(other)).isEmpty();
        }
        try (var files = Files.list(folder.resolve("cosines"))) {
            Path file = files.findFirst().orElseThrow();
            Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), 50));
        }
        assertThat(disk.find(question)).as("a damaged file").isEqualTo(Optional.empty());
        assertThat(disk.bytes()).isEqualTo(50);
        assertThat(disk.clear()).isEqualTo(50);
        assertThat(disk.bytes()).isZero();
    }

    @Test
    void theFormulaForRandomDirectionsIsThatOfTheMethods() {
        assertThat(CosineSummary.expectedLargest(16_384, 2048)).isCloseTo(0.085, within(5e-4));
        assertThat(CosineSummary.expectedLargest(24_576, 768)).isCloseTo(0.143, within(5e-4));
        assertThat(CosineSummary.expectedLargest(65_536, 2304)).isCloseTo(0.087, within(5e-4));
        assertThat(CosineSummary.expectedLargest(1, 8)).isNaN();
        assertThat(CosineSummary.rootMeanSquare(256)).isEqualTo(1.0 / 16);
    }
}

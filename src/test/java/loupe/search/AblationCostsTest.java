package loupe.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.analysis.batch.BatchFile;
import loupe.analysis.lens.KindThresholds;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AblationCostsTest {
    @TempDir
    Path folder;

    @Test
    void aBatchFillsTheColumnOfTheFeaturesThatItMeasured() throws IOException {
        Path file = folder.resolve("costs.jsonl");
        Files.writeString(file, """
                {"settings":{"sae":"sae-topk"}}
                {"feature":2,"ce_cost":{"mean":0.25,"low":0.1,"high":0.4,"examples":16,"kl":0.3}}
                {"feature":0,"ce_cost":{"mean":null,"examples":0}}
                {"feature":9,"ce_cost":{"mean":7}}
                {"feature":1}
                """);
        double[] costs = FeatureValues.costs(BatchFile.read(file), 4);
        assertThat(costs).containsExactly(Double.NaN, Double.NaN, 0.25, Double.NaN);
        assertThat(BatchFile.sae(file)).isEqualTo("sae-topk");
        FeatureValues values =
                new FeatureValues(4, null, null, null, null, null, costs, null, KindThresholds.DEFAULT, id -> "");
        assertThat(values.number(FeatureColumn.CE_COST, 2)).isEqualTo(0.25);
        assertThat(values.number(FeatureColumn.CE_COST, 0)).isNaN();
    }
}

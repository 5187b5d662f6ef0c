package loupe.training.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.RealData;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the sample's README says of its language model, measured again. */
class BundledSampleTest {
    @Test
    @Tag("real-data")
    void theLanguageModelIsAsGoodAsItsReadmeSays() throws Exception {
        Path definitions = RealData.file("wordnet-definitions/definitions.tsv");
        SampleFigures measured = SampleBuilder.measureLanguageModel(
                definitions, Path.of("sample-checkpoints"), SampleBuilder.Plan.SAMPLE.seed());
        double loss = measured.heldOutLoss();
        double bigram = measured.bigramLoss();
        assertThat(bigram - loss).isGreaterThanOrEqualTo(1.0);
        assertThat(measured.recognisable()).isGreaterThanOrEqualTo(0.65);
        Matcher said = Pattern.compile("\\| ([0-9.]+) \\| ([0-9.]+) \\| ([0-9.]+) \\|")
                .matcher(Files.readString(Path.of("sample-checkpoints", "README.md")));
        assertThat(said.find()).isTrue();
        assertThat(Double.parseDouble(said.group(1))).isCloseTo(loss, within(0.001));
        assertThat(Double.parseDouble(said.group(2))).isCloseTo(bigram, within(0.001));
        assertThat(Double.parseDouble(said.group(3))).isCloseTo(bigram - loss, within(0.002));
    }
}

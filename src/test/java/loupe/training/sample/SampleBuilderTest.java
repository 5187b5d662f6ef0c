package loupe.training.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.lm.folder.ModelFolder;
import loupe.lm.tokenizer.Tokenizer;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole build, of a model so small that it takes seconds; what it learns is of no account. */
class SampleBuilderTest {
    private static final SampleBuilder.Sizes SIZES = new SampleBuilder.Sizes(300, 48, 16, 2, 2, 8, 4);
    private static final SampleBuilder.Plan PLAN = new SampleBuilder.Plan(60_000, 4_000, 1_500, 5);

    @TempDir
    private Path folder;

    private SampleBuilder builder(Cancellation cancellation, SampleBuilder.Progress progress) throws Exception {
        Path definitions = folder.resolve("definitions.tsv");
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            rows.append("word")
                    .append(i % 40)
                    .append("\tn\ta thing of kind ")
                    .append(i)
                    .append("\tthe word")
                    .append(i % 40)
                    .append(" is here\n");
        }
        Files.writeString(definitions, rows);
        return new SampleBuilder(
                definitions, folder.resolve("sample"), folder.resolve("work"), PLAN, SIZES, progress, cancellation);
    }

    @Test
    void aStoppedBuildGoesOnAndEveryPartIsReadByTheOrdinaryReaders() throws Exception {
        Cancellation stop = new Cancellation();
        SampleBuilder stopped = builder(stop, (part, fraction, detail) -> {
            if (part.equals("language model") && fraction > 0.8) {
                stop.cancel();
            }
        });
        assertThatThrownBy(stopped::build).isInstanceOf(CancellationException.class);
        assertThat(folder.resolve("work/language-model.state")).exists();
        assertThat(folder.resolve("sample/glossary")).doesNotExist();

        double[] first = {1};
        SampleFigures figures = builder(new Cancellation(), (part, fraction, detail) -> {
                    if (part.equals("language model")) {
                        first[0] = Math.min(first[0], fraction);
                    }
                })
                .build();
        assertThat(first[0]).isGreaterThan(0.8);
        assertThat(figures.heldOutLoss()).isLessThan(Math.log(300));

        Path sample = folder.resolve("sample");
        try (ModelFolder model = ModelFolder.open(sample.resolve("glossary"));
                Tokenizer tokenizer = model.tokenizer().orElseThrow()) {
            assertThat(model.warnings()).isEmpty();
            long tokens = tokenizer
                    .encode(Files.readString(sample.resolve("corpus.txt")), Tokenizer.Beginning.NO)
                    .ids()
                    .length;
            assertThat(tokens).isBetween(PLAN.corpusTokens(), 4 * PLAN.corpusTokens());
        }
        SaeOptions said = SaeOptions.builder()
                .k(OptionalInt.of(32))
                .hook(Optional.of(HookPoint.residPost(0)))
                .build();
        for (String name : new String[] {"sae-topk", "sae-topk-early", "sae-jumprelu", "sae-tokenized.pt"}) {
            SaeFile file = SaeFile.read(sample.resolve(name), name.endsWith(".pt") ? said : SaeOptions.AS_STORED);
            assertThat(file.dSae()).isEqualTo(128);
            assertThat(file.config().hook()).contains(HookPoint.residPost(0));
            assertThat(file.lookup()).isEqualTo(name.endsWith(".pt"));
        }
        assertThat(Files.readString(sample.resolve("README.md")))
                .contains("CC BY 4.0", "sae-jumprelu", "2 layers, 16 wide");

        assertThat(SampleBuilder.measureLanguageModel(folder.resolve("definitions.tsv"), sample, PLAN.seed()))
                .isEqualTo(new SampleFigures(
                        figures.heldOutTokens(),
                        figures.heldOutLoss(),
                        figures.bigramLoss(),
                        figures.recognisable(),
                        null,
                        null));

        FileTime written = Files.getLastModifiedTime(sample.resolve("sae-topk/ae.pt"));
        builder(new Cancellation(), (part, fraction, detail) -> {}).build();
        assertThat(Files.getLastModifiedTime(sample.resolve("sae-topk/ae.pt"))).isEqualTo(written);
    }
}

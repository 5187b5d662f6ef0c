package loupe.app.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.app.cli.ExitCode;
import loupe.app.command.CommandRun;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The charts of the command line. */
@Tag("ui")
class ChartCommandTest {
    @TempDir
    static Path folder;

    private static String model;
    private static String sae;
    private static String index;

    @BeforeAll
    static void writeFiles() throws IOException {
        model = TinyModel.writeTo(folder.resolve("tiny")).toString();
        sae = TinySae.writeTo(folder.resolve("sae"), 1).toString();
        index = folder.resolve("index").toString();
        Path corpus =
                Files.writeString(folder.resolve("corpus.txt"), "the otter and the tin of the red hat ".repeat(20));
        CommandRun built = CommandRun.of(
                "index",
                "build",
                "--model",
                model,
                "--sae",
                sae,
                "--corpus",
                corpus,
                "--out",
                index,
                "--mask-first",
                2);
        assertThat(built.code).as(built.err).isZero();
    }

    static Stream<List<String>> charts() {
        return Stream.of(
                List.of("histogram", "--index", "INDEX", "--feature", "3", "--bins", "10"),
                List.of("density", "--index", "INDEX"),
                List.of("logits", "--model", "MODEL", "--sae", "SAE", "--feature", "3"),
                List.of("scatter", "--sae", "SAE", "--index", "INDEX", "--x", "density", "--y", "norm"),
                List.of("tree", "--model", "MODEL", "--sae", "SAE", "--feature", "3", "--max-depth", "2"),
                List.of("scale", "--model", "MODEL", "--sae", "SAE", "--feature", "3"),
                List.of(
                        "patching",
                        "--model",
                        "MODEL",
                        "--sae",
                        "SAE",
                        "--clean-ids",
                        "1,2,3",
                        "--corrupt-ids",
                        "1,5,3",
                        "--metric",
                        "logit-diff:4:5"));
    }

    @ParameterizedTest
    @MethodSource("charts")
    void eachIsAPictureAVectorDrawingAndATable(List<String> chart) throws IOException {
        Path png = out(chart, "png");
        assertThat(ImageIO.read(png.toFile()).getWidth()).isGreaterThan(300);
        String svg = Files.readString(out(chart, "svg"));
        assertThat(svg).contains("<svg").contains("blocks.1.hook_resid_pre").contains("sae");
        assertThat(Files.readAllBytes(out(chart, "pdf"))).startsWith("%PDF".getBytes(StandardCharsets.US_ASCII));
        List<String> rows = Files.readAllLines(out(chart, "csv"));
        assertThat(rows).hasSizeGreaterThan(1);
        assertThat(rows).allSatisfy(row -> assertThat(row).doesNotContain("NaN"));
    }

    @Test
    void theTableOfAHistogramCountsEveryActivation() throws IOException {
        List<String> rows = Files.readAllLines(out(charts().findFirst().orElseThrow(), "csv"));
        double counted = rows.stream()
                .skip(1)
                .mapToDouble(row -> Double.parseDouble(row.substring(row.lastIndexOf(',') + 1)))
                .sum();
        CommandRun feature = CommandRun.of("feature", "--index", index, "--feature", 3, "--json", "--examples", 0);
        assertThat(feature.out).contains("\"count\" : " + (long) counted + ",");
        assertThat(counted).isPositive();
    }

    @Test
    void theCaptionNamesTheCorpusAndWhatIsLeftOutOfIt() {
        CommandRun run = run("histogram", "--index", index, "--feature", 3, "--out", folder.resolve("c.svg"), "--json");
        assertThat(run.out).contains("feature 3, ", " tokens of corpus.txt, ", "first 2 positions");
    }

    @Test
    void theCaptionOfATreeNamesPromptAndLimits() {
        CommandRun run = run(
                "tree",
                "--model",
                model,
                "--sae",
                sae,
                "--feature",
                3,
                "--max-depth",
                1,
                "--prompt",
                "a {ghost} is",
                "--scale",
                2,
                "--out",
                folder.resolve("t.csv"),
                "--json");
        assertThat(run.out)
                .contains("feature 3, encoder, scale 2.0 from the centroid, prompt a {ghost} is, cutoff 5.0E-5, top 5, "
                        + "depth 1");
    }

    @Test
    void theDarkThemeIsDark() throws IOException {
        Path file = folder.resolve("dark.png");
        run("density", "--index", index, "--theme", "dark", "--resolution", 1, "--width", 300, "--out", file);
        var image = ImageIO.read(file.toFile());
        assertThat(image.getWidth()).isEqualTo(316);
        assertThat(image.getRGB(1, 1) & 0xff).isLessThan(64);
    }

    @Test
    void aPictureThatIsDrawnSmallerThanWantedSaysSo() throws IOException {
        Path out = folder.resolve("large.png");
        CommandRun run = CommandRun.of(
                "chart",
                "scatter",
                "--sae",
                sae,
                "--x",
                "norm",
                "--y",
                "number",
                "--out",
                out,
                "--width",
                10_000,
                "--height",
                3_300,
                "--resolution",
                2,
                "--no-caption");
        assertThat(run.err).contains("drawn at --resolution 1.3");
        var image = ImageIO.read(out.toFile());
        assertThat((long) image.getWidth() * image.getHeight()).isBetween(63_000_000L, 64_100_000L);
        Files.delete(out);
    }

    @Test
    void anotherKindOfFileIsRefusedBeforeAnythingIsOpened() {
        CommandRun run = CommandRun.of("chart", "density", "--index", "nowhere", "--out", folder.resolve("x.gif"));
        assertThat(run.code).isEqualTo(ExitCode.USAGE);
        assertThat(run.err).contains("expected a name that ends in .png, .svg, .pdf or .csv");
    }

    @Test
    void whatIsNotKnownIsSaidInsteadOfAnEmptyChart() {
        Path file = folder.resolve("none.png");
        CommandRun run =
                CommandRun.of("chart", "scatter", "--sae", sae, "--x", "density", "--y", "norm", "--out", file);
        assertThat(run.code).isEqualTo(ExitCode.USAGE);
        assertThat(run.err).contains("--index");
        assertThat(file).doesNotExist();
    }

    private static Path out(List<String> chart, String suffix) {
        Path file = folder.resolve(chart.get(0) + "." + suffix);
        Object[] arguments = Stream.concat(
                        chart.stream()
                                .map(argument -> argument.equals("MODEL")
                                        ? model
                                        : argument.equals("SAE") ? sae : argument.equals("INDEX") ? index : argument),
                        Stream.of("--out", file.toString()))
                .toArray();
        run(arguments);
        return file;
    }

    private static CommandRun run(Object... arguments) {
        CommandRun run = CommandRun.of(
                Stream.concat(Stream.of("chart"), Arrays.stream(arguments)).toArray());
        assertThat(run.code).as(run.err).isZero();
        return run;
    }
}

package loupe.app.chart;

import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.UsageException;
import loupe.app.effects.DoseOptions;
import loupe.app.features.LabelOptions;
import loupe.ui.chart.LineChart;
import loupe.ui.text.DoseFigures;
import loupe.ui.text.DoseFigures.Measure;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code chart dose}: curves as the pane "Doses" draws them. */
@Command(name = "dose", description = "What a feature does as it is pushed further, beside controls: curves of doses.")
final class DoseChart extends LoupeCommand<ChartCommand.Result> {
    @Mixin
    private DoseOptions doses;

    @Option(
            names = "--measure",
            paramLabel = "WHICH",
            defaultValue = "kl",
            converter = MeasureConverter.class,
            description =
                    "kl, perplexity, log-probability, activation, or share: of the texts with a chosen word, with "
                            + "its Wilson interval at 95 %% (default: ${DEFAULT-VALUE}).")
    private Measure measure;

    @Mixin
    private PictureOptions.Sized picture;

    @Mixin
    private LabelOptions labels;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        doses.check();
        DoseOptions.Answered answered = doses.ask(context);
        if (answered.table().rows().stream().allMatch(row -> Double.isNaN(measure.of(row)))) {
            throw new UsageException("--measure " + measure.key() + " was not measured; "
                    + "perplexity needs --generate above 0, log-probability and share need --words or --tokens, and "
                    + "share both");
        }
        return picture.write(
                context,
                () -> {
                    LineChart chart = DoseFigures.chart(measure, answered.unit() != 1);
                    DoseFigures.draw(chart, answered.table(), measure);
                    return chart;
                },
                LabelledFeature.caption(
                        context,
                        answered.model(),
                        answered.sae(),
                        answered.question().feature(),
                        labels));
    }

    /** A measure by its name. */
    static final class MeasureConverter implements ITypeConverter<Measure> {
        @Override
        public Measure convert(String value) {
            return Arrays.stream(Measure.values())
                    .filter(measure -> measure.key().equals(value))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("'" + value + "' is not one of "
                            + Arrays.stream(Measure.values()).map(Measure::key).collect(Collectors.joining(", "))));
        }
    }
}

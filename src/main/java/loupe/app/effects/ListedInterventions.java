package loupe.app.effects;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import loupe.analysis.effects.InterventionLine;
import loupe.analysis.effects.InterventionLine.Target;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.effects.Interventions;
import loupe.analysis.features.VectorFile;
import loupe.app.cli.UsageException;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.index.FeatureStatistics;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.lm.SiteShape;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what is done to the model while it reads, line by line as the window's list has it. */
final class ListedInterventions {
    static final String LINE = "--do";

    @Option(
            names = LINE,
            paramLabel = "LINE",
            description =
                    "What is done, one line for each --do, in order: KIND FEATURES [AMOUNT] [at HOOK] [only P,Q | "
                            + "without P,Q | from P | generated]. KIND is ablate, scale, clamp, clamp-max (times the "
                            + "largest activation of --index), add, add-unit, orthogonal or cap "
                            + "(LO..HI); FEATURES are I,J or S/I,J of the Sth --sae, or a vector: file F.npy, file "
                            + "F.safetensors:NAME.")
    private List<String> lines = List.of();

    @Option(
            names = "--error",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Whether what the checkpoints do not reconstruct is kept; without it the reconstruction "
                    + "stands in place of the value, at every token (default: kept).")
    private boolean error;

    /**
     * The list, which is empty if no option was given; to be read before anything is opened.
     *
     * @throws UsageException if a line cannot be read
     */
    InterventionList read() {
        return new InterventionList(lines(), error);
    }

    private List<InterventionLine> lines() {
        List<InterventionLine> read = new ArrayList<>();
        for (String line : lines) {
            try {
                read.add(InterventionLine.parse(line));
            } catch (Refusal refused) {
                throw new UsageException(LINE + ": " + refused.getMessage());
            }
        }
        return read;
    }

    /**
     * The list of what is to be done; to be read before anything is opened.
     *
     * @param otherwise what is done if no line is given; null if one is needed
     * @throws UsageException if a line cannot be read, or nothing is done
     */
    InterventionList read(@Nullable InterventionLine otherwise) {
        List<InterventionLine> read = lines();
        if (read.isEmpty() && otherwise != null) {
            read.add(otherwise);
        }
        if (read.isEmpty() && error) {
            throw new UsageException("give what is to be done, such as --do 'ablate 866'");
        }
        return new InterventionList(read, error);
    }

    /**
     * What a list does to an open model.
     *
     * @param saes the checkpoints, in the order of their numbers
     * @param counted the largest activations of the first one's features; null without an index
     * @throws UsageException if a line names what is not there
     */
    static Interventions of(
            InterventionList list, OpenModel model, List<OpenSae> saes, @Nullable FeatureStatistics counted) {
        for (InterventionLine line : list.lines()) {
            if (line.target() instanceof Target.Features features) {
                OpenSae sae = sae(saes, features.sae());
                features.features().forEach(feature -> SaeAt.requireFeature(feature, sae, LINE));
            }
        }
        return list.interventions(new InterventionLine.Sources() {
            @Override
            public SaeId sae(int number) {
                return ListedInterventions.sae(saes, number).id();
            }

            @Override
            public double largest(int number, int feature) {
                if (number != 0 || counted == null) {
                    throw new UsageException(LINE + ": clamp-max needs --index DIR, with features of the first --sae");
                }
                return Objects.requireNonNull(counted).max()[feature];
            }

            @Override
            public HostTensor vector(VectorFile file, HookPoint at) {
                SiteShape there = model.config()
                        .at(at)
                        .filter(shape -> !at.site().inBlock()
                                || at.layer() < model.config().nLayers())
                        .orElseThrow(() -> new UsageException(LINE + ": the model has no vectors at " + at));
                return file.direction(LINE + ": " + file, there.size(), "the model at " + at);
            }
        });
    }

    private static OpenSae sae(List<OpenSae> saes, int number) {
        if (number >= saes.size()) {
            throw new UsageException(LINE + ": checkpoint " + number + " is named, --sae was given " + saes.size()
                    + " times, counted from 0");
        }
        return saes.get(number);
    }
}

package loupe.app.command;

import java.util.ArrayList;
import java.util.List;
import loupe.analysis.effects.InterventionLine;
import loupe.analysis.effects.InterventionLine.Target;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.effects.Interventions;
import loupe.analysis.features.VectorFile;
import loupe.app.cli.CommandContext;
import loupe.app.cli.UsageException;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.lm.SiteShape;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say what is done to the model while it reads, line by line as the window's list has it. */
public final class ListedInterventions {
    private static final String LINE = "--do";

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

    @Mixin
    private IndexedCheckpoint.Counted counted;

    /**
     * The list, which is empty if no option was given; to be read before anything is opened.
     *
     * @throws UsageException if a line cannot be read
     */
    public InterventionList read() {
        counted.check();
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
    public InterventionList read(@Nullable InterventionLine otherwise) {
        counted.check();
        List<InterventionLine> read = lines();
        if (read.isEmpty() && otherwise != null) {
            read.add(otherwise);
        }
        if (read.isEmpty() && error) {
            throw new UsageException("give what is to be done, such as --do 'ablate 866'");
        }
        return new InterventionList(read, error);
    }

    /** Where the largest activations of features were counted, and their texts. */
    public IndexedCheckpoint.Counted counted() {
        return counted;
    }

    /**
     * What a list does to an open model.
     *
     * @param saes the checkpoints, in the order of their numbers
     * @throws UsageException if a line names what is not there
     */
    public Interventions of(CommandContext context, InterventionList list, OpenModel model, List<OpenSae> saes) {
        for (InterventionLine line : list.lines()) {
            if (line.target() instanceof Target.Features features) {
                OpenSae sae = sae(saes, features.sae());
                features.features().forEach(feature -> ReadingArguments.requireFeature(feature, sae, LINE));
            }
        }
        return list.interventions(new InterventionLine.Sources() {
            @Override
            public SaeId sae(int number) {
                return ListedInterventions.sae(saes, number).id();
            }

            @Override
            public double largest(int number, int feature) {
                if (!counted.isGiven()) {
                    throw new UsageException(LINE + ": clamp-max needs --index DIR, which has counted the checkpoint");
                }
                return counted.largest(context, ListedInterventions.sae(saes, number), feature);
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

package loupe.app.command;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionWords;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.format.Inspection;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.format.TensorStatistics;
import loupe.index.PathKind;
import loupe.lm.folder.ModelFolder;
import loupe.sae.Activation;
import loupe.sae.checkpoint.SaeAudit;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeLook;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code inspect}: what a file or folder is, found without running anything in it. */
@Command(
        name = "inspect",
        description = "Show the tensors and configuration of a file or folder and, for a checkpoint, how it "
                + "encodes. Runs nothing in it.")
public final class InspectCommand extends LoupeCommand<InspectCommand.Inspected> {
    /** By default a file up to this size is read whole for its statistics, which takes a second or two. */
    private static final long STATISTICS_BYTES = 2L << 30;

    @Parameters(paramLabel = "PATH", description = "Weight file, or folder of a checkpoint or model.")
    private Path path;

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--statistics",
            negatable = true,
            description = "Read every tensor for its statistics (default: if there are at most 2 GiB).")
    private Boolean statistics;

    private final List<String> warnings = new ArrayList<>();

    @Override
    public Inspected run(CommandContext context) {
        OptionPaths.existing(path, "PATH");
        PathKind kind = PathKind.of(path);
        if (kind == PathKind.CORPUS || kind == PathKind.INDEX) {
            return new NoTensors(kind.label());
        }
        SaeLook look = look(kind);
        Optional<SaeFile> checkpoint = look.file();
        Inspection inspection = inspection(look, kind);
        Optional<String> model = modelFormat(inspection);
        boolean isModel = model.isPresent() || kind == PathKind.MODEL;
        look.refusal().map(OptionWords::of).ifPresent(warnings::add);
        warnings.addAll(inspection.warnings());
        checkpoint.ifPresent(file -> file.warnings().stream()
                .filter(warning -> !warnings.contains(warning))
                .forEach(warnings::add));
        Optional<Sae> sae = checkpoint.map(this::sae);
        Optional<List<Finding>> audit = checkpoint.flatMap(file -> audit(file, inspection, context));
        Optional<ModelSummary> summary = isModel ? ModelSummary.of(path, warnings) : Optional.empty();
        return new Result(
                kind.label(),
                inspection.container(),
                checkpoint.map(SaeFile::format).or(() -> model),
                inspection.tensors().stream().map(Tensor::of).toList(),
                config(inspection, checkpoint),
                inspection.values(),
                sae,
                audit,
                summary,
                statistics(inspection, context),
                warnings);
    }

    /** The result that is printed. */
    sealed interface Inspected permits NoTensors, Result {}

    /**
     * Something without tensors: a corpus or an index.
     *
     * @param kind which of the two
     */
    record NoTensors(String kind) implements Inspected {}

    /**
     * Something with tensors.
     *
     * @param kind what the path is
     * @param container kinds of the weight files
     * @param format family of the checkpoint or model; empty if it is neither
     * @param config the configuration files as they are; null if there is none
     * @param values everything but tensors, by dotted name
     * @param sae how it encodes; empty unless it is a checkpoint, as the audit
     * @param audit findings about it; empty also where tensors are not read
     * @param model empty unless it is a model that can be opened
     */
    record Result(
            String kind,
            String container,
            Optional<String> format,
            List<Tensor> tensors,
            @Nullable Object config,
            Map<String, Object> values,
            Optional<Sae> sae,
            Optional<List<Finding>> audit,
            Optional<ModelSummary> model,
            Statistics statistics,
            List<String> warnings)
            implements Inspected {}

    /**
     * A tensor.
     *
     * @param bytes in the stored type
     */
    record Tensor(String name, String dtype, List<Long> shape, long bytes) {
        static Tensor of(Inspection.Tensor tensor) {
            return new Tensor(tensor.name(), tensor.dtype().name(), tensor.shape(), tensor.bytes());
        }
    }

    /**
     * How a checkpoint encodes.
     *
     * @param k features active per token; empty where the activation has none, or the file does not say
     * @param hook where in the model it reads; empty if the file does not say, as the layer
     * @param head of the attention it reads; left out for all
     * @param model name of the model as the file has it
     * @param memoryBytes of its weights as float32
     * @param lookup whether it adds a bias for each token
     * @param centred whether it was probably trained on the processed residual stream
     * @param suggestedK what the file's name suggests
     * @param trainedDensity how often features were active in training; left out if its files do not say
     */
    @JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
    record Sae(
            int dIn,
            int dSae,
            String activation,
            Optional<Integer> k,
            Optional<String> hook,
            @LeftOutIfEmpty Optional<Integer> head,
            Optional<Integer> layer,
            Optional<String> model,
            long memoryBytes,
            String normalisation,
            boolean lookup,
            boolean centred,
            Optional<Integer> suggestedK,
            @LeftOutIfEmpty Optional<TrainedDensity> trainedDensity) {}

    /**
     * Fractions of the tokens of training at which features were active.
     *
     * @param min of all features, as the median and the maximum
     * @param dead features that were active at no token
     */
    record TrainedDensity(double min, double median, double max, long dead) {
        /** The frequency that SAELens writes for none is 1e-10. */
        private static final double NONE = 1e-9;

        static TrainedDensity of(float[] logarithms) {
            double[] densities = IntStream.range(0, logarithms.length)
                    .mapToDouble(i -> Math.pow(10, logarithms[i]))
                    .sorted()
                    .toArray();
            int half = densities.length / 2;
            return new TrainedDensity(
                    densities[0],
                    densities.length % 2 == 1 ? densities[half] : (densities[half - 1] + densities[half]) / 2,
                    densities[densities.length - 1],
                    Arrays.stream(densities).filter(density -> density < NONE).count());
        }
    }

    /**
     * A finding about a checkpoint.
     *
     * @param remedy another way of reading it that fixes this
     */
    record Finding(String topic, String finding, Optional<String> remedy) {
        static Finding of(SaeAudit.Finding found) {
            return new Finding(found.topic(), found.sentence(), found.remedy().map(SaeAudit.Remedy::label));
        }
    }

    /**
     * Counts over all tensors.
     *
     * @param nonFinite elements that are NaN or infinite; left out where tensors are not read, as the values
     */
    @JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
    record Statistics(
            int tensors,
            long elements,
            long bytes,
            @LeftOutIfEmpty Optional<Long> nonFinite,
            @LeftOutIfEmpty Optional<List<Values>> values) {}

    /** The values of one tensor, of those that are finite. */
    @JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
    record Values(
            String name, double min, double max, double mean, double rms, double norm, long zeros, long nonFinite) {
        static Values of(String name, TensorStatistics values) {
            return new Values(
                    name,
                    values.min(),
                    values.max(),
                    values.mean(),
                    values.rms(),
                    values.rms() * Math.sqrt(values.elements() - values.nonFinite()),
                    values.zeros(),
                    values.nonFinite());
        }
    }

    /** The options may themselves be what cannot be read from the files, such as the layer of a hook point. */
    private SaeLook look(PathKind kind) {
        if (kind == PathKind.MODEL && !reading.namesFormat()) {
            return new SaeLook(path, Optional.empty(), Optional.empty());
        }
        try {
            return SaeLook.at(path, reading.options(path));
        } catch (CheckpointException refused) {
            SaeLook stored = SaeLook.at(path, SaeOptions.AS_STORED);
            return new SaeLook(stored.weights(), Optional.empty(), Optional.of(refused));
        }
    }

    /**
     * The contents of a path; if there is nothing to list either, refused for the reason for which the model or the
     * checkpoint was.
     */
    private Inspection inspection(SaeLook look, PathKind kind) {
        try {
            return Inspection.of(look.weights());
        } catch (CheckpointException nothing) {
            if (kind == PathKind.MODEL) {
                ModelFolder.open(path).close();
            }
            throw look.refusal().orElse(nothing);
        }
    }

    private Optional<String> modelFormat(Inspection inspection) {
        return Optional.of(path)
                .filter(Files::isRegularFile)
                .flatMap(ModelFolder::recognise)
                .map(type -> type + " model")
                .or(() -> modelOfFolder(inspection));
    }

    private static Optional<String> modelOfFolder(Inspection inspection) {
        return inspection.config().get("config.json") instanceof Map<?, ?> config
                        && config.get("model_type") instanceof String type
                ? Optional.of("huggingface model, " + type)
                : Optional.empty();
    }

    private static @Nullable Object config(Inspection inspection, Optional<SaeFile> checkpoint) {
        Map<String, Object> files = inspection.config();
        if (checkpoint.isPresent() && !checkpoint.get().settings().isEmpty()) {
            return checkpoint.get().settings();
        }
        return files.size() == 1 ? files.values().iterator().next() : files.isEmpty() ? null : files;
    }

    private Sae sae(SaeFile file) {
        SaeProposal proposal = file.proposal();
        boolean kIsOpen = proposal.missing().contains(SaeProposal.Missing.K);
        if (kIsOpen) {
            warnings.add("The file does not say how many features fire per token (k)"
                    + (proposal.k().isPresent()
                            ? "; its name suggests " + proposal.k().getAsInt()
                            : "") + ". Give it as --k N");
        }
        boolean hookIsOpen = proposal.missing().contains(SaeProposal.Missing.HOOK);
        if (hookIsOpen) {
            warnings.add("The file does not say where in the model it reads"
                    + proposal.hook()
                            .map(likely -> "; its configuration suggests " + likely)
                            .orElse("")
                    + ". Give it as --hook NAME");
        }
        boolean functionIsOpen = proposal.missing().contains(SaeProposal.Missing.ACTIVATION);
        if (functionIsOpen) {
            warnings.add("The file does not say which activation function it has; its name suggests "
                    + file.activation() + ". Give it as --activation NAME");
        }
        Optional<HookPoint> hook = hookIsOpen ? Optional.empty() : proposal.hook();
        return new Sae(
                file.dIn(),
                file.dSae(),
                file.activation(),
                kIsOpen || functionIsOpen ? Optional.empty() : k(file),
                hook.map(HookPoint::name),
                boxed(file.head()),
                hook.filter(point -> point.site().inBlock()).map(HookPoint::layer),
                file.model().isEmpty() ? Optional.empty() : Optional.of(file.model()),
                file.memoryBytes(),
                file.normalisation().name().toLowerCase(Locale.ROOT),
                file.lookup(),
                proposal.centred(),
                boxed(proposal.k()),
                file.logSparsity().map(TrainedDensity::of));
    }

    private static Optional<Integer> boxed(OptionalInt number) {
        return number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
    }

    private Optional<Integer> k(SaeFile file) {
        try {
            return k(file.config().activation());
        } catch (CheckpointException impossible) {
            warnings.add(OptionWords.of(impossible));
            return Optional.empty();
        }
    }

    private static Optional<Integer> k(Activation activation) {
        if (activation instanceof Activation.TopK topK) {
            return Optional.of(topK.k());
        }
        if (activation instanceof Activation.TopKByDecoderNorm byNorm) {
            return Optional.of(byNorm.k());
        }
        if (activation instanceof Activation.GroupMax groups) {
            return Optional.of(groups.k());
        }
        if (activation instanceof Activation.SignedTopK signed) {
            return Optional.of(signed.k());
        }
        return activation instanceof Activation.BatchTopK batch ? Optional.of(batch.k()) : Optional.empty();
    }

    /** Findings about the checkpoint; like the statistics they take one pass over its decoder. */
    private Optional<List<Finding>> audit(SaeFile file, Inspection inspection, CommandContext context) {
        if (leavesValuesAlone(inspection)) {
            return Optional.empty();
        }
        try {
            return Optional.of(SaeAudit.of(file, context.cancellation()).stream()
                    .map(Finding::of)
                    .toList());
        } catch (CheckpointException damaged) {
            warnings.add(damaged.getMessage());
            return Optional.empty();
        }
    }

    private boolean leavesValuesAlone(Inspection inspection) {
        return statistics == null
                ? inspection.tensors().stream()
                                .mapToLong(Inspection.Tensor::bytes)
                                .sum()
                        > STATISTICS_BYTES
                : !statistics;
    }

    private Statistics statistics(Inspection inspection, CommandContext context) {
        int tensors = inspection.tensors().size();
        long bytes = inspection.tensors().stream()
                .mapToLong(Inspection.Tensor::bytes)
                .sum();
        long elements = inspection.tensors().stream()
                .mapToLong(tensor -> tensor.bytes() / tensor.dtype().bytes())
                .sum();
        if (leavesValuesAlone(inspection)) {
            return new Statistics(tensors, elements, bytes, Optional.empty(), Optional.empty());
        }
        List<Values> rows = new ArrayList<>();
        long nonFinite = 0;
        for (Path file : inspection.tensors().stream()
                .map(Inspection.Tensor::file)
                .distinct()
                .toList()) {
            try (TensorArchive archive = TensorArchives.open(file)) {
                for (String name : archive.names()) {
                    context.cancellation().check();
                    TensorStatistics values;
                    try {
                        values = TensorStatistics.of(archive.tensor(name));
                    } catch (CheckpointException damaged) {
                        warnings.add(name + " cannot be read: " + damaged.getMessage());
                        continue;
                    }
                    nonFinite += values.nonFinite();
                    if (values.nonFinite() > 0) {
                        warnings.add(name + " contains " + values.nonFinite() + " non-finite values (NaN or infinite)");
                    }
                    rows.add(Values.of(name, values));
                }
            }
        }
        return new Statistics(tensors, elements, bytes, Optional.of(nonFinite), Optional.of(rows));
    }
}

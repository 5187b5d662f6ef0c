package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionWords;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.format.Inspection;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.format.TensorStatistics;
import loupe.index.PathKind;
import loupe.sae.Activation;
import loupe.sae.checkpoint.SaeAudit;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeProposal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code inspect}: what a file or folder is, found out without running anything in it. */
@Command(
        name = "inspect",
        description =
                "Say what a file or folder is: its tensors, its configuration and, for a checkpoint, how it encodes.")
public final class InspectCommand extends LoupeCommand {
    /** A file up to this size is read whole for its statistics unless told otherwise; that takes a second or two. */
    private static final long STATISTICS_BYTES = 2L << 30;

    @Parameters(paramLabel = "PATH", description = "A weight file, or the folder of a checkpoint or model.")
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
    public Map<String, Object> run(CommandContext context) {
        OptionPaths.existing(path, "PATH");
        PathKind kind = PathKind.of(path);
        if (kind == PathKind.CORPUS || kind == PathKind.INDEX) {
            return Map.of("kind", kind.label());
        }
        Optional<String> family = Optional.empty();
        CheckpointException noCheckpoint = null;
        try {
            family = SaeFile.recognise(path);
        } catch (CheckpointException none) {
            noCheckpoint = none;
        }
        Optional<SaeFile> checkpoint = family.isPresent() || reading.namesFormat()
                ? Optional.of(SaeFile.read(path, reading.options(path)))
                : Optional.empty();
        Inspection inspection = inspection(checkpoint.map(SaeFile::weightsPath).orElse(path), noCheckpoint);
        Optional<String> model = modelFormat(inspection);
        if (checkpoint.isEmpty() && model.isEmpty()) {
            warnings.add(
                    noCheckpoint == null
                            ? "Its tensors are of no known kind of sparse autoencoder or model"
                            : OptionWords.of(noCheckpoint));
        }
        warnings.addAll(inspection.warnings());
        checkpoint.ifPresent(file -> file.warnings().stream()
                .filter(warning -> !warnings.contains(warning))
                .forEach(warnings::add));
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("kind", kind.label());
        result.put("container", inspection.container());
        result.put("format", checkpoint.map(SaeFile::format).or(() -> model).orElse(null));
        result.put(
                "tensors",
                inspection.tensors().stream().map(InspectCommand::row).toList());
        result.put("config", config(inspection, checkpoint));
        result.put("values", inspection.values());
        result.put("sae", checkpoint.map(this::sae).orElse(null));
        result.put(
                "audit",
                checkpoint.map(file -> audit(file, inspection, context)).orElse(null));
        result.put("model", model.isPresent() ? ModelSummary.of(path, warnings) : null);
        result.put("statistics", statistics(inspection, context));
        result.put("warnings", warnings);
        return result;
    }

    /** What lies there; refused for the reason a checkpoint was, if there is nothing to list either. */
    private static Inspection inspection(Path path, CheckpointException noCheckpoint) {
        try {
            return Inspection.of(path);
        } catch (CheckpointException nothing) {
            throw noCheckpoint == null ? nothing : noCheckpoint;
        }
    }

    private static Optional<String> modelFormat(Inspection inspection) {
        return inspection.config().get("config.json") instanceof Map<?, ?> config
                        && config.get("model_type") instanceof String type
                ? Optional.of("huggingface model, " + type)
                : Optional.empty();
    }

    private static Object config(Inspection inspection, Optional<SaeFile> checkpoint) {
        Map<String, Object> files = inspection.config();
        if (checkpoint.isPresent() && !checkpoint.get().settings().isEmpty()) {
            return checkpoint.get().settings();
        }
        return files.size() == 1 ? files.values().iterator().next() : files.isEmpty() ? null : files;
    }

    private static Map<String, Object> row(Inspection.Tensor tensor) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", tensor.name());
        row.put("dtype", tensor.dtype().name());
        row.put("shape", tensor.shape());
        row.put("bytes", tensor.bytes());
        return row;
    }

    private Map<String, Object> sae(SaeFile file) {
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
            warnings.add("The file does not say where in the model it reads. Give it as --hook NAME");
        }
        Optional<HookPoint> hook = proposal.hook();
        Map<String, Object> sae = new LinkedHashMap<>();
        sae.put("dIn", file.dIn());
        sae.put("dSae", file.dSae());
        sae.put("activation", file.activation());
        sae.put("k", kIsOpen ? null : k(file.config().activation()));
        sae.put("hook", hook.map(HookPoint::name).orElse(null));
        file.head().ifPresent(head -> sae.put("head", head));
        sae.put(
                "layer",
                hook.filter(point -> point.site().inBlock())
                        .map(HookPoint::layer)
                        .orElse(null));
        sae.put("model", file.model().isEmpty() ? null : file.model());
        sae.put("memoryBytes", file.memoryBytes());
        sae.put("normalisation", file.normalisation().name().toLowerCase(Locale.ROOT));
        sae.put("lookup", file.lookup());
        sae.put("centred", proposal.centred());
        sae.put("suggestedK", proposal.k().isPresent() ? proposal.k().getAsInt() : null);
        return sae;
    }

    private static Integer k(Activation activation) {
        if (activation instanceof Activation.TopK topK) {
            return topK.k();
        }
        if (activation instanceof Activation.GroupMax groups) {
            return groups.k();
        }
        if (activation instanceof Activation.SignedTopK signed) {
            return signed.k();
        }
        return activation instanceof Activation.BatchTopK batch ? batch.k() : null;
    }

    /** What to know about the checkpoint; like the statistics it takes one pass over its decoder. */
    private List<Map<String, Object>> audit(SaeFile file, Inspection inspection, CommandContext context) {
        if (leavesValuesAlone(inspection)) {
            return null;
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        for (SaeAudit.Finding finding : SaeAudit.of(file, context.cancellation())) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("topic", finding.topic());
            row.put("finding", finding.sentence());
            row.put("remedy", finding.remedy().map(SaeAudit.Remedy::label).orElse(null));
            rows.add(row);
        }
        return rows;
    }

    private boolean leavesValuesAlone(Inspection inspection) {
        return statistics == null
                ? inspection.tensors().stream()
                                .mapToLong(Inspection.Tensor::bytes)
                                .sum()
                        > STATISTICS_BYTES
                : !statistics;
    }

    private Map<String, Object> statistics(Inspection inspection, CommandContext context) {
        Map<String, Object> result = new LinkedHashMap<>();
        long bytes = inspection.tensors().stream()
                .mapToLong(Inspection.Tensor::bytes)
                .sum();
        result.put("tensors", inspection.tensors().size());
        result.put(
                "elements",
                inspection.tensors().stream()
                        .mapToLong(tensor -> tensor.bytes() / tensor.dtype().bytes())
                        .sum());
        result.put("bytes", bytes);
        if (leavesValuesAlone(inspection)) {
            return result;
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        long nonFinite = 0;
        for (Path file : inspection.tensors().stream()
                .map(Inspection.Tensor::file)
                .distinct()
                .toList()) {
            try (TensorArchive archive = TensorArchives.open(file)) {
                for (String name : archive.names()) {
                    context.cancellation().check();
                    TensorStatistics values = TensorStatistics.of(archive.tensor(name));
                    nonFinite += values.nonFinite();
                    if (values.nonFinite() > 0) {
                        warnings.add(name + " contains " + values.nonFinite() + " non-finite values (NaN or infinite)");
                    }
                    rows.add(row(name, values));
                }
            }
        }
        result.put("nonFinite", nonFinite);
        result.put("values", rows);
        return result;
    }

    private static Map<String, Object> row(String name, TensorStatistics values) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", name);
        row.put("min", values.min());
        row.put("max", values.max());
        row.put("mean", values.mean());
        row.put("rms", values.rms());
        row.put("norm", values.rms() * Math.sqrt(values.elements() - values.nonFinite()));
        row.put("zeros", values.zeros());
        row.put("nonFinite", values.nonFinite());
        return row;
    }
}

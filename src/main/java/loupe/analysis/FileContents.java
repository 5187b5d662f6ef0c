package loupe.analysis;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.format.Inspection;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.format.TensorStatistics;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeLook;
import loupe.sae.checkpoint.SaeOptions;

/**
 * What a file or folder holds, for display before it is opened. Only names and shapes are read and, when measuring, one
 * tensor at a time in pieces, so that files may be larger than memory.
 *
 * @param format the family of checkpoints or models it belongs to; empty if it is of no known one
 * @param memoryBytes what opening it would take: its weights as float32
 * @param warnings oddities, one sentence each
 */
public record FileContents(
        Path path,
        String container,
        Optional<String> format,
        List<Tensor> tensors,
        long bytes,
        long memoryBytes,
        List<String> warnings) {
    private static final long SHOW_EVERY_NANOS = 300_000_000L;

    public FileContents {
        tensors = List.copyOf(tensors);
        warnings = List.copyOf(warnings);
    }

    /**
     * One tensor.
     *
     * @param bytes as stored
     * @param norm root of the sum of squares; NaN until it has been measured
     * @param nonFinite how many of its values are not finite; negative until measured
     */
    public record Tensor(
            Path file, String name, String dtype, List<Long> shape, long bytes, double norm, long nonFinite) {
        private Tensor measured(TensorStatistics values) {
            return new Tensor(
                    file,
                    name,
                    dtype,
                    shape,
                    bytes,
                    values.rms() * Math.sqrt(values.elements() - values.nonFinite()),
                    values.nonFinite());
        }
    }

    /**
     * What is in a file or folder, as far as its headers tell.
     *
     * @throws CheckpointException if it holds no weights in a known format, or is damaged
     */
    public static FileContents of(Path path) {
        SaeLook look = SaeLook.at(path, SaeOptions.AS_STORED);
        Optional<SaeFile> checkpoint = look.file();
        List<String> warnings = new ArrayList<>();
        Inspection inspection = Inspection.of(look.weights());
        Optional<String> model = model(inspection);
        look.refusal()
                .filter(refused -> model.isEmpty())
                .map(CheckpointException::getMessage)
                .ifPresent(warnings::add);
        warnings.addAll(inspection.warnings());
        checkpoint.ifPresent(sae -> sae.warnings().stream()
                .filter(warning -> !warnings.contains(warning))
                .forEach(warnings::add));
        List<Tensor> tensors = inspection.tensors().stream()
                .map(tensor -> new Tensor(
                        tensor.file(),
                        tensor.name(),
                        tensor.dtype().name(),
                        tensor.shape(),
                        tensor.bytes(),
                        Double.NaN,
                        -1))
                .toList();
        long elements = inspection.tensors().stream()
                .mapToLong(tensor -> tensor.bytes() / tensor.dtype().bytes())
                .sum();
        return new FileContents(
                path,
                inspection.container(),
                checkpoint.map(SaeFile::format).or(() -> model),
                tensors,
                tensors.stream().mapToLong(Tensor::bytes).sum(),
                checkpoint.map(SaeFile::memoryBytes).orElse(elements * Float.BYTES),
                warnings);
    }

    private static Optional<String> model(Inspection inspection) {
        return inspection.config().get("config.json") instanceof Map<?, ?> config
                        && config.get("model_type") instanceof String type
                ? Optional.of("model, " + type)
                : Optional.empty();
    }

    /**
     * Reads every tensor for its norm.
     *
     * @param shown receives the partial result, a few times a second
     * @return the complete result
     * @throws CheckpointException if something cannot be read any more
     * @throws java.util.concurrent.CancellationException if cancelled, between two tensors
     */
    public FileContents measured(Consumer<FileContents> shown, Cancellation cancellation) {
        List<Tensor> updated = new ArrayList<>(tensors);
        long last = System.nanoTime();
        for (Path file : tensors.stream().map(Tensor::file).distinct().toList()) {
            try (TensorArchive archive = TensorArchives.open(file)) {
                for (int i = 0; i < updated.size(); i++) {
                    if (updated.get(i).file().equals(file)) {
                        cancellation.check();
                        updated.set(
                                i,
                                updated.get(i)
                                        .measured(TensorStatistics.of(
                                                archive.tensor(updated.get(i).name()))));
                        if (System.nanoTime() - last > SHOW_EVERY_NANOS) {
                            last = System.nanoTime();
                            shown.accept(with(updated));
                        }
                    }
                }
            }
        }
        return with(updated);
    }

    private FileContents with(List<Tensor> updated) {
        return new FileContents(path, container, format, updated, bytes, memoryBytes, warnings);
    }
}

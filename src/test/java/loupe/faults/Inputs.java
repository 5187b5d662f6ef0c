package loupe.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import loupe.TinyModel;
import loupe.TinySae;

/** A small model, two checkpoints of it and a corpus in a folder. */
record Inputs(Path model, Path sae, Path other, Path corpus) {
    /** @param documents of the corpus, about 10 tokens each */
    static Inputs in(Path folder, int documents) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int document = 0; document < documents; document++) {
            text.append("the otter and the tin ").append(document).append("<|endoftext|>\n");
        }
        Path model = TinyModel.writeTo(folder.resolve("model"));
        return new Inputs(
                model,
                TinySae.writeTo(folder.resolve("sae"), 1),
                TinySae.writeTo(folder.resolve("other"), 2),
                Files.writeString(folder.resolve("corpus.txt"), text));
    }

    Object[] index(Path checkpoint, Path out, Object... more) {
        return Stream.concat(
                        Stream.of(
                                "index",
                                "build",
                                "--model",
                                model,
                                "--sae",
                                checkpoint,
                                "--corpus",
                                corpus,
                                "--out",
                                out,
                                "--context",
                                "32",
                                "--quiet"),
                        Stream.of(more))
                .toArray();
    }

    Object[] batch(String features, Path out, Object... more) {
        return Stream.concat(
                        Stream.of(
                                "batch",
                                "--model",
                                model,
                                "--sae",
                                sae,
                                "--features",
                                features,
                                "--max-depth",
                                "4",
                                "--out",
                                out,
                                "--quiet"),
                        Stream.of(more))
                .toArray();
    }

    /** All files of a folder with checksums; of an index without its description, which says how long it took. */
    static Map<String, Long> content(Path folder) throws IOException {
        Map<String, Long> content = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                CRC32C crc = new CRC32C();
                crc.update(Files.readAllBytes(file));
                String name = folder.relativize(file).toString();
                content.put(name, name.equals("index.json") ? -1 : crc.getValue());
            }
        }
        return content;
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}

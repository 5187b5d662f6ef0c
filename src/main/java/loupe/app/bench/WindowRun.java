package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.app.window.Opening;
import loupe.app.window.UserFolders;
import loupe.state.window.SessionFile;

/**
 * What is opened to measure the window: the sample, or a made checkpoint with labels over the sample's model.
 *
 * @param features of the made checkpoint; empty for the sample's own
 * @param folder that keeps it with what is counted for it; empty for a temporary one
 * @param corpus text or index that is opened with it; empty for the beginning of the sample's
 */
record WindowRun(OptionalInt features, Optional<Path> folder, Optional<Path> corpus) {
    /**
     * What is there to be opened.
     *
     * @param session with labels; empty to keep none
     * @param cache folder of finished passes
     */
    record Prepared(Opening opening, Optional<SessionFile> session, Path cache) {}

    /** Writes what is to be opened, as far as it is not there; empty if there is no sample. */
    Optional<Prepared> prepare(Bench bench) throws IOException {
        Optional<Path> sample =
                UserFolders.ofUser().sample().filter(folder -> Files.isDirectory(folder.resolve("glossary")));
        if (sample.isEmpty()) {
            return Optional.empty();
        }
        Path model = sample.get().resolve("glossary");
        Path home = Files.createDirectories(folder.orElse(bench.temporary()).resolve("window"));
        Path cache = Files.createDirectories(home.resolve("indexes"));
        if (features.isEmpty()) {
            return Optional.of(new Prepared(
                    new Opening(model, List.of(sample.get().resolve("sae-topk"))), Optional.empty(), cache));
        }
        bench.report("making a checkpoint of " + features.getAsInt() + " features");
        ManyFeatures made = ManyFeatures.in(home, bench.service(), model, features.getAsInt());
        Path text = corpus.isPresent()
                ? corpus.get()
                : ManyFeatures.beginning(sample.get().resolve("corpus.txt"), home);
        return Optional.of(new Prepared(
                new Opening(model, List.of(made.checkpoint()), List.of(text)), Optional.of(made.session()), cache));
    }
}

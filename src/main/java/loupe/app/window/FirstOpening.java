package loupe.app.window;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.state.window.Sample;
import loupe.state.window.Session;

/**
 * What a window opens at its start: the paths it was given, else what the session had open, else the sample.
 *
 * @param checkpoints A, then B; none or more
 * @param feature of A; negative for none
 * @param corpus texts or an index that were given; empty for the session's, or what lies beside the model
 * @param isSample whether the sample is opened because there is nothing else
 */
record FirstOpening(
        Optional<Path> model, List<Session.Checkpoint> checkpoints, int feature, List<Path> corpus, boolean isSample) {

    /** Looks which of the session's files are still there. */
    static FirstOpening of(Opening given, Session session, Optional<Sample> sample) {
        Optional<Path> remembered =
                Optional.ofNullable(session.model()).map(Path::of).filter(Files::exists);
        if (!given.equals(Opening.LAST)) {
            Optional<Path> model =
                    Optional.ofNullable(given.model()).or(() -> remembered).or(() -> sample.map(Sample::model));
            List<Session.Checkpoint> checkpoints = given.saes().stream()
                    .map(path -> new Session.Checkpoint(path.toString(), Map.of()))
                    .toList();
            return new FirstOpening(model, checkpoints, -1, given.corpus(), false);
        }
        if (remembered.isPresent()
                || (session.model() == null && !session.checkpoints().isEmpty())) {
            return new FirstOpening(remembered, session.checkpoints(), session.feature(), List.of(), false);
        }
        return new FirstOpening(
                sample.map(Sample::model),
                sample.flatMap(Sample::toOpen).stream().toList(),
                Sample.FEATURE,
                List.of(),
                true);
    }
}

package loupe.app.command;

import java.io.IOException;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.app.window.UserFolders;
import loupe.state.window.NamedSessions;
import loupe.state.window.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sessions}: what the window has kept under names. */
@Command(
        name = "sessions",
        description = "List the sessions that the window has kept under names, rename or delete one; sae-loupe "
                + "--session NAME opens one.")
public final class SessionsCommand extends LoupeCommand<SessionsCommand.Result> {
    @Option(names = "--delete", paramLabel = "NAME", description = "Delete a session.")
    private String deleted;

    @Option(names = "--rename", paramLabel = "NAME", description = "Give a session another name, which follows.")
    private String renamed;

    @Option(names = "--folder", paramLabel = "DIR", description = "Folder of the sessions (default: the window's).")
    private Path folder;

    @Parameters(arity = "0..1", paramLabel = "NEW-NAME", description = "The new name, with --rename.")
    private String newName;

    @Override
    public Result run(CommandContext context) throws IOException {
        if ((renamed == null) != (newName == null) || (renamed != null && deleted != null)) {
            throw new UsageException("sessions takes nothing, --delete NAME, or --rename NAME NEW-NAME");
        }
        NamedSessions sessions = folder == null
                ? UserFolders.ofUser().sessions()
                : new NamedSessions(OptionPaths.existing(OptionPaths.folder(folder, "--folder"), "--folder"));
        if (deleted != null) {
            sessions.delete(deleted);
        }
        if (renamed != null) {
            sessions.rename(renamed, newName.strip());
        }
        return new Result(
                sessions.folder().toString(),
                sessions.list().stream().map(Row::of).toList());
    }

    /**
     * A session.
     *
     * @param kept when it was written, as ISO 8601
     * @param model folder of the model
     * @param checkpoints A, then B
     * @param feature that was chosen
     * @param defect why it cannot be opened
     */
    record Row(
            String name,
            String kept,
            Optional<String> model,
            List<String> checkpoints,
            Optional<Integer> feature,
            @LeftOutIfEmpty Optional<String> defect) {
        static Row of(NamedSessions.Named named) {
            Optional<Session> session = Optional.ofNullable(named.session());
            return new Row(
                    named.name(),
                    named.kept().truncatedTo(ChronoUnit.SECONDS).toString(),
                    session.map(Session::model).filter(Objects::nonNull),
                    session.map(Session::checkpoints).orElse(List.of()).stream()
                            .map(Session.Checkpoint::path)
                            .toList(),
                    session.map(Session::feature).filter(feature -> feature >= 0),
                    Optional.of(named.defect()).filter(defect -> !defect.isEmpty()));
        }
    }

    /** What is printed. */
    record Result(String folder, List<Row> sessions) {}
}

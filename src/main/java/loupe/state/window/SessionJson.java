package loupe.state.window;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.base.AsideFile;
import org.jspecify.annotations.Nullable;

/** A session as a JSON file that only its owner reads, since what the user typed is in it. */
final class SessionJson {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    /** Far more than any session has, and less than hurts. */
    private static final long MOST_BYTES = 16L << 20;

    private SessionJson() {}

    /** A file that holds no session; the message says why. */
    static final class NoSession extends IOException {
        private static final long serialVersionUID = 1;

        NoSession(String why) {
            super(why);
        }
    }

    /**
     * Reads a session.
     *
     * @throws NoSession if the file holds none that the program can work with
     */
    static Session read(Path file) throws IOException {
        long bytes = Files.size(file);
        if (bytes > MOST_BYTES) {
            throw new NoSession("it has " + bytes + " bytes, expected " + MOST_BYTES + " or fewer");
        }
        Session session;
        try {
            session = JSON.readValue(file.toFile(), Session.class);
        } catch (JsonMappingException otherThings) {
            throw new NoSession(
                    otherThings.getPath().isEmpty()
                            ? "it is JSON, but none of a session"
                            : "what it has as " + place(otherThings) + " is not what a session has there");
        } catch (JsonProcessingException damaged) {
            String message = String.valueOf(damaged.getOriginalMessage());
            throw new NoSession(message.lines().findFirst().orElse("it is no JSON"));
        }
        if (session == null) {
            throw new NoSession("it is null");
        }
        if (!hasPaths(session)) {
            throw new NoSession("a path in it is none");
        }
        return session;
    }

    /** Names and numbers of the JSON that lead to a value: {@code checkpoints 0 path}. */
    private static String place(JsonMappingException failure) {
        return failure.getPath().stream()
                .map(step -> step.getFieldName() != null ? step.getFieldName() : String.valueOf(step.getIndex()))
                .collect(Collectors.joining(" "));
    }

    private static boolean hasPaths(Session session) {
        return Stream.of(
                        Stream.ofNullable(session.model()),
                        session.settings().entrySet().stream()
                                .filter(setting -> setting.getKey().matches("index|corpus(\\.\\d+)?"))
                                .map(Map.Entry::getValue),
                        session.checkpoints().stream().map(Session.Checkpoint::path),
                        session.recent().stream().map(Session.Recent::path),
                        session.recent().stream()
                                .map(Session.Recent::more)
                                .flatMap(Stream::ofNullable)
                                .flatMap(List::stream))
                .flatMap(paths -> paths)
                .allMatch(SessionJson::isPath);
    }

    private static boolean isPath(@Nullable String text) {
        try {
            return text != null && Path.of(text) != null;
        } catch (InvalidPathException none) {
            return false;
        }
    }

    /**
     * Writes a session, in one move.
     *
     * @throws IOException if the folder cannot be made or written; the old file is as it was
     */
    static void write(Path file, Session session) throws IOException {
        AsideFile.replace(file, aside -> {
            PosixFileAttributeView posix = Files.getFileAttributeView(aside, PosixFileAttributeView.class);
            if (posix != null) {
                posix.setPermissions(OWNER_ONLY);
            }
            JSON.writeValue(aside.toFile(), session);
        });
    }
}

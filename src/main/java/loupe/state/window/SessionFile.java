package loupe.state.window;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.base.AsideFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file of the session: JSON, written aside and then moved, so that it is never half written. Any thread. */
public final class SessionFile {
    private static final Logger LOG = LoggerFactory.getLogger(SessionFile.class);

    private final Path file;
    private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    public SessionFile(Path file) {
        this.file = file;
    }

    /**
     * The remembered session; an empty one if there is none or it cannot be read, since a damaged file must not stop
     * the program.
     */
    public Session load() {
        if (!Files.isRegularFile(file)) {
            return Session.empty();
        }
        try {
            return json.readValue(file.toFile(), Session.class);
        } catch (IOException unreadable) {
            LOG.warn("{} cannot be read and is ignored: {}", file, firstLine(unreadable));
            return Session.empty();
        }
    }

    /**
     * Writes the session, in one move.
     *
     * @throws IOException if the folder cannot be made or written
     */
    public void save(Session session) throws IOException {
        AsideFile.replace(file, aside -> json.writeValue(aside.toFile(), session));
    }

    private static String firstLine(IOException failure) {
        String message =
                failure instanceof JsonProcessingException parse ? parse.getOriginalMessage() : failure.getMessage();
        return message == null
                ? failure.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }
}

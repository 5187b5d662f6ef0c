package loupe.index;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** An index as it was written before there were checksums. */
public final class IndexBeforeChecksums {
    private IndexBeforeChecksums() {}

    /** Takes the checksums out of an index. */
    public static void make(Path folder) throws IOException {
        ObjectMapper json = new ObjectMapper();
        Path file = folder.resolve("index.json");
        ObjectNode described = (ObjectNode) json.readTree(file.toFile());
        json.writeValue(file.toFile(), described.without(List.of("checksum", "files")));
    }
}

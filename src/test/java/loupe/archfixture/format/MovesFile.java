package loupe.archfixture.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Puts files in their place by itself. */
class MovesFile {
    interface Move {
        Path move(Path from, Path to) throws IOException;
    }

    Move how() {
        return Files::move;
    }
}

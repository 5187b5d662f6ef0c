package loupe.archfixture.format;

import java.io.IOException;
import java.nio.channels.FileChannel;

/** Maps a file. */
public class MapsFile {
    Object map(FileChannel channel) throws IOException {
        return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    }
}

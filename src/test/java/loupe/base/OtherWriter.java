package loupe.base;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A second Java that has a {@link WriterLock} until it is closed or killed. */
public final class OtherWriter implements AutoCloseable {
    private final Process process;

    /** Returns when the other process has the lock. */
    public OtherWriter(Path place) throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        List.of(WriterLock.class, OtherWriter.class).stream()
                                .map(OtherWriter::classes)
                                .collect(Collectors.joining(File.pathSeparator)),
                        OtherWriter.class.getName(),
                        place.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (process.getInputStream().read() != '+') {
            throw new IOException("the other process did not get the lock");
        }
    }

    private static String classes(Class<?> of) {
        try {
            return Path.of(of.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    public long pid() {
        return process.pid();
    }

    /** Ends the process at once, and the lock with it. */
    public void kill() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the second Java does. */
    public static void main(String[] place) throws IOException {
        try (WriterLock lock = WriterLock.take(Path.of(place[0]))) {
            System.out.print(lock.isHeld() ? '+' : '-');
            System.out.flush();
            while (System.in.read() >= 0) {
                lock.require();
            }
        }
    }
}

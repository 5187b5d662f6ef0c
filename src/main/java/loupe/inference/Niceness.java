package loupe.inference;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Platform;

/**
 * Lowers the priority of threads that compute below that of threads that draw: with as many busy threads as cores a
 * frame otherwise waits for its turn longer than it takes to draw. Java's own thread priorities do nothing on Linux;
 * there a thread lowers its priority with {@code setpriority}, and the threads that it starts, the engine's among them,
 * inherit that. Elsewhere nothing happens.
 */
final class Niceness {
    /** The nice value of threads that yield to the window: the kernel gives them 335 shares of the window's 1,024. */
    private static final int GIVING_WAY = 5;

    private static final int OF_A_THREAD = 0;
    private static final int THIS_THREAD = 0;

    private Niceness() {}

    /** Lowers the calling thread's priority, if the system lets it. */
    static void giveWay() {
        if (Platform.isLinux()) {
            try {
                CLibrary.setpriority(OF_A_THREAD, THIS_THREAD, GIVING_WAY);
            } catch (LastErrorException | LinkageError e) {
                org.slf4j.LoggerFactory.getLogger(Niceness.class)
                        .debug("threads keep their priority: {}", e.getMessage());
            }
        }
    }

    private static final class CLibrary {
        static {
            Native.register("c");
        }

        static native int setpriority(int which, int who, int value) throws LastErrorException;
    }
}

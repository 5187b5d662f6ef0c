package loupe.lm.tokenizer;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import loupe.base.CheckpointException;

/**
 * The other end of an {@link EncoderProcess}: a process with one tokenizer in it, which answers one question after the
 * other until its input ends. It ends itself when the library takes too much memory, or when its parent has gone.
 *
 * <p>First it writes {@link #READY}, reads the two files of a {@link TokenizerSource}, each after its length, and
 * answers with where texts may be cut. A question is {@link #ENCODE} with two flags and a text, or {@link #DECODE} with
 * a count and ids. An answer is {@link #ANSWER} with what was asked for, or {@link #FAILURE} with what the library
 * says. {@link #GIVE_BACK}, also after a tokenizer that the library refused, makes room for the next one.
 */
final class EncoderServer {
    static final int READY = 1;
    static final int ENCODE = 2;
    static final int DECODE = 3;
    static final int ANSWER = 4;
    static final int FAILURE = 5;
    static final int GIVE_BACK = 6;

    /** How it ends when memory is short; how Java itself does when its heap is full and it is told to exit. */
    static final int EXIT_MEMORY = 3;

    /** What it may take beside what it takes when it starts, outside Java's heap. */
    static final long MOST_BYTES = 3L << 29;

    /** How often memory is looked at while the library works. */
    private static final int LOOKS_A_SECOND = 50;

    private static volatile boolean busy;

    private EncoderServer() {}

    /** Serves whoever has started it, through standard input and output. */
    public static void main(String[] arguments) throws IOException {
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        // whatever a library prints must not come between the answers
        System.setOut(System.err);
        giveWayWhereMemoryIsShort();
        outliveSignals();
        Thread watch = watch();
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        LibUtils.checkStatus();
        out.writeByte(READY);
        out.flush();
        try {
            while (true) {
                Optional<NativeEncoder> encoder = open(in, out, watch);
                serve(encoder, in, out, watch);
                encoder.ifPresent(NativeEncoder::close);
            }
        } catch (EOFException closed) {
            // whoever asked has gone
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }

    private static Optional<NativeEncoder> open(DataInputStream in, DataOutputStream out, Thread watch)
            throws IOException {
        TokenizerSource source = new TokenizerSource(Path.of("tokenizer.json"), bytes(in), bytes(in));
        work(true, watch);
        try {
            NativeEncoder encoder = NativeEncoder.of(source);
            TextPieces.Borders borders = TextPieces.Borders.of(new ObjectMapper().readTree(source.whole()));
            out.writeByte(ANSWER);
            out.writeBoolean(borders.atSpaces());
            out.writeBoolean(borders.afterLines());
            return Optional.of(encoder);
        } catch (RuntimeException e) {
            fail(e, out);
            return Optional.empty();
        } finally {
            work(false, watch);
            out.flush();
        }
    }

    private static void work(boolean working, Thread watch) {
        busy = working;
        if (working) {
            LockSupport.unpark(watch);
        }
    }

    private static void serve(Optional<NativeEncoder> encoder, DataInputStream in, DataOutputStream out, Thread watch)
            throws IOException {
        for (int question; (question = in.readUnsignedByte()) != GIVE_BACK; ) {
            work(true, watch);
            answer(question, encoder.orElseThrow(), in, out);
            work(false, watch);
            out.flush();
        }
    }

    private static void answer(int question, NativeEncoder encoder, DataInputStream in, DataOutputStream out)
            throws IOException {
        try {
            switch (question) {
                case ENCODE -> {
                    boolean continuing = in.readBoolean();
                    boolean asItComes = in.readBoolean();
                    Encoded encoded = encoder.encode(text(in), continuing, asItComes);
                    out.writeByte(ANSWER);
                    encoded.write(out);
                }
                case DECODE -> {
                    String decoded = encoder.decode(Encoded.ints(in.readInt(), in));
                    out.writeByte(ANSWER);
                    write(decoded.getBytes(StandardCharsets.UTF_8), out);
                }
                default -> throw new EOFException("question " + question);
            }
        } catch (RuntimeException e) {
            fail(e, out);
        }
    }

    private static void fail(RuntimeException e, DataOutputStream out) throws IOException {
        Throwable said = e instanceof CheckpointException && e.getCause() != null ? e.getCause() : e;
        out.writeByte(FAILURE);
        write(String.valueOf(said.getMessage()).getBytes(StandardCharsets.UTF_8), out);
    }

    static String text(DataInputStream in) throws IOException {
        return new String(bytes(in), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(DataInputStream in) throws IOException {
        int length = in.readInt();
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return bytes;
    }

    static void write(byte[] bytes, DataOutputStream out) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** Lets Linux end this process, and not the program, where memory is short. */
    private static void giveWayWhereMemoryIsShort() {
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), "1000");
        } catch (IOException notLinux) {
            // goes without
        }
    }

    /** Keeps this process from ending at the Ctrl+C that is meant for its parent, which decides by itself. */
    private static void outliveSignals() {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            while (true) {
                LockSupport.park();
            }
        }));
    }

    private static Thread watch() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long most = system.getCommittedVirtualMemorySize() + MOST_BYTES;
        Optional<ProcessHandle> parent = ProcessHandle.current().parent();
        Thread watch = new Thread(
                () -> {
                    for (int look = 1; ; look++) {
                        if (system.getCommittedVirtualMemorySize() > most) {
                            Runtime.getRuntime().halt(EXIT_MEMORY);
                        }
                        if ((!busy || look % LOOKS_A_SECOND == 0)
                                && !parent.map(ProcessHandle::isAlive).orElse(true)) {
                            Runtime.getRuntime().halt(0);
                        }
                        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / (busy ? LOOKS_A_SECOND : 1));
                    }
                },
                "memory");
        watch.setDaemon(true);
        watch.start();
        return watch;
    }
}

package loupe.lm.tokenizer;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import loupe.base.CheckpointException;
import org.jspecify.annotations.Nullable;

/**
 * The library in a process of its own, for tokenizers of which it is not known that the library bears them with every
 * text. Where it dies, takes too long or too much memory, that text is refused and the next one starts another process.
 * One text at a time.
 *
 * @see EncoderServer
 */
final class EncoderProcess implements Encoder {
    /**
     * Milliseconds that the process may work. Where others keep it from working it is waited for,
     * {@value #MOST_WAITING} times as long.
     *
     * @param fileMs reading the file
     * @param textMs one text
     */
    record Limits(long fileMs, long textMs) {
        static final Limits USUAL = new Limits(10_000, 10_000);
    }

    private static final int MOST_WAITING = 60;
    private static final long LEAST_LOOK_MS = 50;
    private static final long MOST_START_MS = 30_000;
    /** The status of a process that another one ended, as Linux itself does where memory is short. */
    private static final int KILLED = 128 + 9;

    private static final long SPARE_MS = 30_000;
    private static final String HEAP = "-Xmx1g";
    /** What this process was told about where libraries are unpacked. */
    private static final List<String> HANDED_ON =
            List.of("DJL_CACHE_DIR", "ENGINE_CACHE_DIR", "java.io.tmpdir", "java.library.path");

    private static final ScheduledExecutorService DEADLINES = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "tokenizer deadlines");
        thread.setDaemon(true);
        return thread;
    });

    /** A process without a tokenizer, for the next one: starting it takes longer than anything that it does. */
    private static final AtomicReference<@Nullable Child> SPARE = new AtomicReference<>();

    private final TokenizerSource source;
    private final Limits limits;
    /** Held by whoever asks. */
    private final ReentrantLock turn = new ReentrantLock();

    private volatile @Nullable Child child;
    private volatile boolean closed;
    private TextPieces.@Nullable Borders borders;

    /** Starts nothing yet. */
    EncoderProcess(TokenizerSource source, Limits limits) {
        this.source = source;
        this.limits = limits;
    }

    /** A question in two halves. */
    private interface Question {
        void write(DataOutputStream out) throws IOException;
    }

    private interface Answer<T> {
        T read(DataInputStream in) throws IOException;
    }

    /**
     * Lets the library read the file, and says where texts may be cut with this tokenizer.
     *
     * @throws CheckpointException if the library refuses the file, or does not bear it
     */
    TextPieces.Borders open() {
        turn.lock();
        try {
            started();
            return Objects.requireNonNull(borders);
        } finally {
            turn.unlock();
        }
    }

    @Override
    public Encoded encode(String piece, boolean continuing, boolean asItComes) {
        byte[] text = piece.getBytes(StandardCharsets.UTF_8);
        int codePoints = piece.codePointCount(0, piece.length());
        return ask(
                "a text of " + codePoints + " characters",
                out -> {
                    out.writeByte(EncoderServer.ENCODE);
                    out.writeBoolean(continuing);
                    out.writeBoolean(asItComes);
                    EncoderServer.write(text, out);
                },
                Encoded::read);
    }

    @Override
    public String decode(int[] ids) {
        return ask(
                ids.length + " tokens",
                out -> {
                    out.writeByte(EncoderServer.DECODE);
                    out.writeInt(ids.length);
                    Encoded.write(ids, out);
                },
                EncoderServer::text);
    }

    private <T> T ask(String what, Question question, Answer<T> answer) {
        turn.lock();
        try {
            Answer<Supplier<T>> whole = in -> {
                if (in.readUnsignedByte() == EncoderServer.FAILURE) {
                    String reason = EncoderServer.text(in);
                    return () -> {
                        throw NativeTokenizer.failure(source.path(), reason, null);
                    };
                }
                T found = answer.read(in);
                return () -> found;
            };
            Child first = started();
            try {
                return first.ask(limits.textMs(), question, whole).get();
            } catch (IOException gone) {
                if (closed || first.late || first.status() != KILLED) {
                    throw ended(first, what, limits.textMs(), gone);
                }
                // which says nothing of the text
                return ask(started(), what, limits.textMs(), question, whole).get();
            }
        } finally {
            turn.unlock();
        }
    }

    /** The process with this tokenizer in it. */
    private Child started() {
        Child running = child;
        if (closed) {
            throw closed();
        }
        if (running != null && running.isUsable()) {
            return running;
        }
        Child spare = SPARE.getAndSet(null);
        boolean warm = spare != null && spare.isUsable();
        Child fresh = warm ? Objects.requireNonNull(spare) : new Child(start());
        child = fresh;
        if (closed) {
            fresh.process.destroyForcibly();
        }
        if (!warm) {
            ask(fresh, "its start", MOST_START_MS, out -> {}, DataInputStream::readUnsignedByte);
        }
        Optional<String> refused;
        try {
            refused = fresh.ask(limits.fileMs(), source::write, in -> {
                if (in.readUnsignedByte() == EncoderServer.FAILURE) {
                    return Optional.of(EncoderServer.text(in));
                }
                borders = new TextPieces.Borders(in.readBoolean(), in.readBoolean());
                return Optional.empty();
            });
        } catch (IOException gone) {
            if (!warm || closed || fresh.late || fresh.status() != KILLED) {
                throw ended(fresh, "this file", limits.fileMs(), gone);
            }
            // while it was kept for the next one, which says nothing of the file
            return started();
        }
        if (refused.isPresent()) {
            child = null;
            fresh.spare();
            throw new IllegalArgumentException(refused.get());
        }
        return fresh;
    }

    /** @param what is worked at, as the end of "needs more than 10 s for" */
    private <T> T ask(Child of, String what, long mostMs, Question question, Answer<T> answer) {
        try {
            return of.ask(mostMs, question, answer);
        } catch (IOException gone) {
            throw ended(of, what, mostMs, gone);
        }
    }

    private RuntimeException ended(Child gone, String what, long mostMs, IOException cause) {
        int status = gone.status();
        if (closed) {
            return closed();
        }
        String found;
        if (!gone.late && status == KILLED) {
            return new CheckpointException(
                    source.path(),
                    "the process that reads texts with this tokenizer was killed at " + what,
                    "",
                    "If memory is short, close other programs; then try again",
                    cause);
        }
        if (gone.late) {
            found = "the tokenizer needs more than " + mostMs / 1000 + " s for " + what;
        } else if (status == EncoderServer.EXIT_MEMORY) {
            found = "the tokenizer needs more than " + (EncoderServer.MOST_BYTES >> 20) + " MiB of memory for " + what;
        } else {
            found = "the tokenizer's library breaks down at " + what;
        }
        return new CheckpointException(
                source.path(),
                found,
                "a tokenizer that can read every text",
                "Divide or leave out the text, download the file again, or remove it to work with token ids",
                cause);
    }

    private static CancellationException closed() {
        return new CancellationException("the model of this tokenizer has been closed");
    }

    private Process start() {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:+SuppressFatalErrorMessage",
                // nobody reads what it logs, and a fifth of its start is the logging's
                "-Dslf4j.provider=org.slf4j.helpers.NOP_FallbackServiceProvider",
                "-Dai.djl.offline=true",
                "-DOPT_OUT_TRACKING=true"));
        for (String name : HANDED_ON) {
            String value = System.getProperty(name);
            if (value != null) {
                command.add("-D" + name + "=" + value);
            }
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), EncoderServer.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
        try {
            return builder.start();
        } catch (IOException e) {
            throw new CheckpointException(
                    source.path(),
                    "this tokenizer runs in a process of its own, which cannot be started (" + e.getMessage() + ")",
                    "",
                    "Start the program with a whole Java, or remove the file to work with token ids",
                    e);
        }
    }

    /** Ends the process under whoever waits for it, who gets a {@link CancellationException}. */
    @Override
    public void close() {
        closed = true;
        boolean idle = turn.tryLock();
        try {
            Child running = child;
            child = null;
            if (running != null && idle) {
                running.spare();
            } else if (running != null) {
                running.process.destroyForcibly();
            }
        } finally {
            if (idle) {
                turn.unlock();
            }
        }
    }

    /** A process, and the way to and from it. */
    private static final class Child {
        private final Process process;
        private final DataInputStream in;
        private final DataOutputStream out;
        /** Whether its time was over. */
        private volatile boolean late;
        /**
         * Whether something is asked and not answered, or part of an answer left, which must not begin the next one.
         */
        private volatile boolean open;

        Child(Process process) {
            this.process = process;
            in = new DataInputStream(new BufferedInputStream(process.getInputStream()));
            out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        }

        boolean isUsable() {
            return !open && !late && process.isAlive();
        }

        /** Ends it, if it has not ended, and says with which status. */
        int status() {
            process.destroyForcibly();
            return process.onExit().join().exitValue();
        }

        /** @throws IOException if the process ends meanwhile, as it does when the time is over */
        <T> T ask(long mostMs, Question question, Answer<T> answer) throws IOException {
            open = true;
            Deadline deadline = new Deadline(mostMs);
            try {
                question.write(out);
                out.flush();
                T whole = answer.read(in);
                open = false;
                return whole;
            } finally {
                deadline.over.set(true);
                if (open) {
                    process.destroyForcibly();
                }
            }
        }

        /** What the process has worked since it began; zero where the system does not say it. */
        private long worked() {
            return process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis();
        }

        /** Ends the process when it has worked for too long at a question. */
        private final class Deadline implements Runnable {
            private final AtomicBoolean over = new AtomicBoolean();
            private final long mostMs;
            private final long before = worked();
            private final long begin = System.nanoTime();

            Deadline(long mostMs) {
                this.mostMs = mostMs;
                lookIn(mostMs);
            }

            @SuppressWarnings("FutureReturnValueIgnored") // a look comes to nothing once the question is over
            private void lookIn(long ms) {
                DEADLINES.schedule(this, ms, TimeUnit.MILLISECONDS);
            }

            @Override
            public void run() {
                long left = mostMs - (worked() - before);
                boolean waited = System.nanoTime() - begin > TimeUnit.MILLISECONDS.toNanos(MOST_WAITING * mostMs);
                if (over.get()) {
                    return;
                }
                if (left > 0 && !waited && process.isAlive()) {
                    lookIn(Math.max(left, LEAST_LOOK_MS));
                } else if (over.compareAndSet(false, true)) {
                    late = true;
                    process.destroyForcibly();
                }
            }
        }

        /** Takes the tokenizer out, and keeps the process for a while for the next one. */
        @SuppressWarnings("FutureReturnValueIgnored") // ending a process cannot fail in a way that matters
        void spare() {
            try {
                out.writeByte(EncoderServer.GIVE_BACK);
                out.flush();
            } catch (IOException gone) {
                process.destroyForcibly();
                return;
            }
            Child before = SPARE.getAndSet(this);
            if (before != null) {
                before.process.destroyForcibly();
            }
            DEADLINES.schedule(
                    () -> {
                        if (SPARE.compareAndSet(this, null)) {
                            process.destroyForcibly();
                        }
                    },
                    SPARE_MS,
                    TimeUnit.MILLISECONDS);
        }
    }
}

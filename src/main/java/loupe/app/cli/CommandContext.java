package loupe.app.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import loupe.base.Cancellation;
import loupe.base.Refusal;
import loupe.inference.Device;
import loupe.inference.InferenceService;
import loupe.inference.LocalInferenceService;
import loupe.inference.Pending;
import loupe.inference.Priority;
import loupe.inference.Query;
import org.jspecify.annotations.Nullable;

/**
 * The context of a running command: the inference service, started lazily, warnings and progress. One thread, but
 * {@link #cancel}.
 */
public final class CommandContext implements AutoCloseable {
    private final Device device;
    private final boolean json;
    private final PrintStream out;
    private final Progress progress;
    private final Cancellation cancellation = new Cancellation();
    private final TextLines err;
    private final List<String> warnings = new ArrayList<>();
    private boolean keepsAll = true;
    private @Nullable InferenceService service;
    private volatile @Nullable Pending<?> pending;

    /** @param threads of the engine on the CPU; null for its default */
    CommandContext(
            String command,
            String device,
            @Nullable Integer threads,
            boolean json,
            boolean quiet,
            PrintStream out,
            PrintStream err) {
        try {
            this.device = new Device(device);
        } catch (Refusal e) {
            throw new UsageException("--device: " + e.getMessage());
        }
        if (threads != null) {
            System.setProperty("ai.djl.pytorch.num_threads", threads.toString());
        }
        this.json = json;
        this.out = out;
        this.err = new TextLines(err);
        this.progress = quiet ? Progress.silent() : new Progress(command, err);
    }

    /**
     * Lets a checkpoint that is opened make others give way, as the window does, where a person closes them one by one;
     * a command needs all that it opens.
     *
     * @return this
     */
    CommandContext makingRoom() {
        keepsAll = false;
        return this;
    }

    public InferenceService service() {
        if (service == null) {
            service = new LocalInferenceService(device, keepsAll);
        }
        return service;
    }

    public Progress progress() {
        return progress;
    }

    /** Polled by work that does not run in the service. */
    public Cancellation cancellation() {
        return cancellation;
    }

    /**
     * Asks and waits, showing progress. Failures are rethrown as they are; an answer that arrives after a cancellation
     * is discarded.
     */
    public <R> R ask(Query<R> query) {
        return ask(query, partial -> {});
    }

    /**
     * Likewise, and hands partial answers on.
     *
     * @param partial takes them on the device thread, and returns soon
     */
    public <R> R ask(Query<R> query, Consumer<? super R> partial) {
        cancellation.check();
        Pending<R> asked = service().submit(query, Priority.VISIBLE);
        pending = asked;
        if (cancellation.isCancelled()) {
            asked.cancel();
        }
        asked.onProgress((answer, fraction) -> {
            progress.show(fraction);
            partial.accept(answer);
        });
        try {
            R answer = Pending.await(asked.answer());
            cancellation.check();
            return answer;
        } finally {
            pending = null;
            progress.clear();
        }
    }

    /**
     * Adds a warning, such as an unusual fact about a file. Warnings are printed with the result, so that a refusal
     * stands alone.
     */
    public void warn(String sentence) {
        warnings.add(sentence);
    }

    /** Prints the warnings now: all arguments are accepted, and the work may take long. */
    public void begin() {
        progress.clear();
        warnings.forEach(sentence -> err.add("warning: " + sentence));
        warnings.clear();
    }

    void print(Object result, ResultPrinter table) {
        if (cancellation.isCancelled()) {
            throw new CancellationException("stopped");
        }
        begin();
        if (json) {
            out.println(ResultJson.text(result));
        } else {
            table.print(new TextLines(out));
        }
        out.flush();
    }

    /** Cancels the computation at its next check. Any thread. */
    void cancel() {
        cancellation.cancel();
        Pending<?> running = pending;
        if (running != null) {
            running.cancel();
        }
    }

    @Override
    public void close() {
        progress.clear();
        if (service != null) {
            service.close();
        }
    }
}

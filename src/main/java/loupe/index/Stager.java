package loupe.index;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import loupe.analysis.prompts.TokenRows;
import loupe.base.Cancellation;
import loupe.base.Refusal;
import loupe.sae.SparseFeatures;
import org.jspecify.annotations.Nullable;

/** Groups contexts into batches, keeps one batch in flight, and stages what comes back. */
final class Stager {
    private static final int BATCHES_BETWEEN_FORCES = 16;

    private final IndexBuild.Settings settings;
    private final Function<TokenRows, CompletionStage<IndexBuild.Batch>> source;
    private final Staging staged;
    private final Consumer<IndexBuild.Progress> progress;
    private final Described described;
    private final Cancellation cancellation;
    private final List<FeatureStatistics> live;
    private final List<Contexts.Context> waiting = new ArrayList<>();
    private final int done;
    private int batch;
    private long offered;
    private long tokens;
    private long contexts;
    /** Tokens of this shard that have been read, computed or not. */
    private long readTokens;

    private double fractionRead;
    private List<Contexts.Context> inFlight = List.of();
    private @Nullable CompletionStage<IndexBuild.Batch> answer;
    private CorpusMasks.LeftOut leftOut = CorpusMasks.LeftOut.NOTHING;

    Stager(
            IndexBuild.Settings settings,
            Function<TokenRows, CompletionStage<IndexBuild.Batch>> source,
            Staging staged,
            Consumer<IndexBuild.Progress> progress,
            Described described,
            Cancellation cancellation) {
        this.settings = settings;
        this.source = source;
        this.staged = staged;
        this.progress = progress;
        this.described = described;
        this.cancellation = cancellation;
        done = staged.batches();
        live = settings.saes().stream()
                .map(sae -> FeatureStatistics.empty(sae.features()))
                .toList();
    }

    /** Records how much of the corpus the contexts make up that are offered next and have been offered, 0 to 1. */
    void read(double fraction) {
        fractionRead = fraction;
    }

    /** Contexts of the pass so far, whatever the shard. */
    long offered() {
        return offered;
    }

    void offer(List<Contexts.Context> contexts) {
        for (int i = 0; i < contexts.size(); i++) {
            readTokens += settings.shard().has(offered + i) ? contexts.get(i).ids().length : 0;
        }
        for (Contexts.Context context : contexts) {
            if (offered >= Integer.MAX_VALUE / settings.contextLength()) {
                throw new Refusal(
                        "The corpus has more than " + Integer.MAX_VALUE + " tokens",
                        "no more than that in one index",
                        "Give a limit of tokens");
            }
            if (!settings.shard().has(offered++)) {
                continue;
            }
            boolean lastAndShorter = settings.documents().runsOn()
                    && !waiting.isEmpty()
                    && waiting.get(0).ids().length != context.ids().length;
            if (lastAndShorter) {
                ask(); // it goes alone
            }
            waiting.add(context);
            if (waiting.size() == Shard.BLOCK) {
                ask();
            }
        }
    }

    void finish() {
        if (!waiting.isEmpty()) {
            ask();
        }
        collect();
    }

    private void ask() {
        List<Contexts.Context> next = List.copyOf(waiting);
        waiting.clear();
        if (batch++ < done) {
            return;
        }
        cancellation.check();
        CompletionStage<IndexBuild.Batch> pending =
                source.apply(settings.documents().rows(next));
        collect();
        inFlight = next;
        answer = pending;
    }

    private void collect() {
        if (answer == null) {
            return;
        }
        StagedBatch complete = masked(join(answer));
        answer = null;
        try {
            staged.append(complete.encode());
            if (staged.batches() % BATCHES_BETWEEN_FORCES == 0) {
                staged.force();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        count(complete);
        double byTokens = settings.maxTokens() == Long.MAX_VALUE ? 0 : (double) tokens / settings.maxTokens();
        double ofRead = readTokens == 0 ? 0 : Math.min(1, fractionRead * tokens / readTokens);
        progress.accept(new IndexBuild.Progress(
                tokens,
                leftOut.together(),
                Math.max(byTokens, ofRead),
                live,
                new ActivationsSoFar.Staged(staged.file(), staged.batches(), described.as(leftOut, tokens, contexts))));
    }

    private StagedBatch masked(IndexBuild.Batch computed) {
        if (settings.masks().isNone()) {
            return new StagedBatch(inFlight, computed.activations(), new byte[0]);
        }
        byte[] masks = settings.masks().of(inFlight, settings.documents(), computed.norms());
        return new StagedBatch(
                inFlight,
                computed.activations().stream()
                        .map(features -> features.where(row -> masks[row] == 0))
                        .toList(),
                masks);
    }

    /** Adds a staged batch to the live statistics. */
    void count(StagedBatch complete) {
        tokens += complete.tokens();
        contexts += complete.contexts().size();
        leftOut = leftOut.and(complete.masks());
        for (int i = 0; i < live.size(); i++) {
            SparseFeatures features = complete.activations().get(i);
            for (int j = 0; j < features.values().length; j++) {
                live.get(i).add(features.features()[j], features.values()[j]);
            }
        }
    }

    private IndexBuild.Batch join(CompletionStage<IndexBuild.Batch> pending) {
        try {
            return pending.toCompletableFuture().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Describes a pass as far as it has come. */
    @FunctionalInterface
    interface Described {
        IndexInfo as(CorpusMasks.LeftOut leftOut, long tokens, long contexts);
    }
}

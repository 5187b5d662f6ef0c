package loupe.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.features.Neighbours;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.prompts.ForwardPass;
import loupe.analysis.prompts.TextActivations;
import loupe.inference.Device;
import loupe.inference.InferenceService;
import loupe.inference.LocalInferenceService;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Pending;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.window.Activity;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;

/**
 * A workbench without a window, whose models are switched, or that is closed altogether, while a pass counts and
 * questions wait. Every answer that comes has to be the right one.
 *
 * <p>By hand: {@code switch|close FOLDER TIMES SEED}.
 */
final class Switching {
    private static final int QUESTIONS = 12;
    private static final int SECONDS = 90;
    private static final double TOLERANCE = 1e-4;

    private final Path folder;
    private final Inputs inputs;
    private final Path second;
    private final Random random;
    private final Tally tally = new Tally();
    private final Map<Query<?>, double[]> right = new ConcurrentHashMap<>();
    private final ExecutorService fx = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "fx");
        thread.setDaemon(true);
        return thread;
    });

    Switching(Path folder, int documents, long seed) throws IOException {
        this.folder = folder;
        inputs = Inputs.in(folder, documents);
        second = loupe.TinyModel.writeTo(folder.resolve("second"));
        random = new Random(seed);
    }

    public static void main(String[] arguments) throws Exception {
        Switching trial = new Switching(Path.of(arguments[1]), 60_000, Long.parseLong(arguments[3]));
        int times = Integer.parseInt(arguments[2]);
        if (arguments[0].equals("switch")) {
            trial.switchModels(times);
        } else {
            trial.close(times);
        }
        System.out.println(arguments[0] + " " + times + " times " + trial.tally);
    }

    Tally tally() {
        return tally;
    }

    /** One workbench opens models in turn. */
    void switchModels(int times) throws Exception {
        LocalInferenceService service = new LocalInferenceService(Device.CPU);
        Bench bench = new Bench(service);
        for (int i = 0; i < times; i++) {
            List<Query<?>> asked = bench.open(i % 2 == 0 ? inputs.model() : second);
            List<Pending<?>> pending = ask(service, asked);
            Thread.sleep(random.nextInt(100));
            if (i % 7 == 3) {
                bench.clear();
            }
            judge(asked, pending, i % 3 == 0);
            tally.count("switched");
        }
        bench.close();
        service.close();
    }

    /** A workbench is opened and closed with its service. */
    void close(int times) throws Exception {
        for (int i = 0; i < times; i++) {
            LocalInferenceService service = new LocalInferenceService(Device.CPU);
            Bench bench = new Bench(service);
            List<Query<?>> asked = bench.open(i % 2 == 0 ? inputs.model() : second);
            List<Pending<?>> pending = ask(service, asked);
            Thread.sleep(random.nextInt(100));
            if (random.nextBoolean()) {
                bench.close();
            }
            service.close();
            judge(asked, pending, true);
            tally.count("closed");
        }
    }

    private static List<Pending<?>> ask(InferenceService service, List<Query<?>> asked) {
        List<Pending<?>> pending = new ArrayList<>();
        for (Query<?> query : asked) {
            pending.add(service.submit(query, Priority.values()[pending.size() % Priority.values().length]));
        }
        return pending;
    }

    /** @param all whether all answers are waited for, and not only the ones that are there */
    private void judge(List<Query<?>> asked, List<Pending<?>> pending, boolean all) throws InterruptedException {
        for (int i = 0; i < asked.size(); i++) {
            if (!all && !pending.get(i).answer().toCompletableFuture().isDone()) {
                continue;
            }
            try {
                double[] answer =
                        signature(pending.get(i).answer().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS));
                double[] before = right.putIfAbsent(asked.get(i), answer);
                if (before == null || alike(before, answer)) {
                    tally.count("answers right");
                } else {
                    tally.wrong(asked.get(i).getClass().getSimpleName());
                }
            } catch (TimeoutException stuck) {
                tally.wrong("stuck: " + asked.get(i));
            } catch (CancellationException cancelled) {
                tally.count("answers cancelled");
            } catch (ExecutionException failed) {
                if (failed.getCause() instanceof CancellationException
                        || String.valueOf(failed.getCause()).contains("is not open")) {
                    tally.count("answers cancelled");
                } else {
                    tally.wrong(String.valueOf(failed.getCause()));
                }
            }
        }
    }

    private static List<Query<?>> questions(ModelId model, SaeId sae, Random random) {
        List<Query<?>> questions = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            int feature = random.nextInt(loupe.TinySae.FEATURES);
            int token = random.nextInt(20);
            questions.add(
                    switch (i % 5) {
                        case 0 -> new LogitWeights(model, sae, feature, LogitProjection.DEFAULT.withCentred(true), 5);
                        case 1 -> Neighbours.ofFeature(sae, feature, 5);
                        case 2 -> new TextActivations(model, sae, List.of(0, token, token + 1));
                        case 3 -> new ForwardPass(model, List.of(0, token, 7), Map.of(), Set.of(), false);
                        default -> new DirectionNorms(sae);
                    });
        }
        return questions;
    }

    /** Numbers by which an answer is known again. */
    private static double[] signature(Object answer) {
        if (answer instanceof LogitWeights.Answer weights) {
            return joined(doubles(weights.promoted()), doubles(weights.promotedWeights()));
        }
        if (answer instanceof Neighbours.Answer neighbours) {
            return joined(doubles(neighbours.ids()), neighbours.cosines());
        }
        if (answer instanceof TextActivations.Answer text) {
            return joined(
                    doubles(text.features().features()), doubles(text.features().values()));
        }
        if (answer instanceof ForwardPass.Answer pass) {
            return pass.losses();
        }
        return doubles(((DirectionNorms.Answer) answer).encoder());
    }

    private static double[] doubles(int[] values) {
        return Arrays.stream(values).asDoubleStream().toArray();
    }

    private static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    private static double[] joined(double[] first, double[] second) {
        double[] joined = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        return joined;
    }

    private static boolean alike(double[] left, double[] right) {
        if (left.length != right.length) {
            return false;
        }
        for (int i = 0; i < left.length; i++) {
            if (!(Math.abs(left[i] - right[i]) <= TOLERANCE * (1 + Math.abs(left[i])))) {
                return false;
            }
        }
        return true;
    }

    /** What the window has behind it. */
    private final class Bench {
        private final Workbench workbench;
        private final CorpusStatistics statistics;
        private final Path cache = folder.resolve("cache");

        Bench(InferenceService service) throws Exception {
            workbench = fx.submit(() -> new Workbench(
                            service, fx, new Notices(Clock.systemUTC()), new Activity(fx, System::nanoTime)))
                    .get();
            statistics = fx.submit(() -> new CorpusStatistics(workbench, cache)).get();
        }

        /**
         * Opens a model and a checkpoint, and begins to count.
         *
         * @return questions about them
         */
        List<Query<?>> open(Path model) throws Exception {
            CountDownLatch opened = new CountDownLatch(1);
            Object[] both = new Object[2];
            fx.submit(() -> workbench.openModel(model, open -> {
                        both[0] = open;
                        statistics.corpus().set(CorpusFiles.of(inputs.corpus()));
                        workbench.openCheckpoint(workbench.a(), inputs.sae(), SaeOptions.AS_STORED, sae -> {
                            both[1] = sae;
                            opened.countDown();
                        });
                    }))
                    .get();
            if (!opened.await(SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError(
                        "not opened: " + workbench.modelProblem().get());
            }
            return questions(((OpenModel) both[0]).id(), ((OpenSae) both[1]).id(), random);
        }

        /** Deletes what has been counted, under the pass. */
        void clear() {
            try {
                Inputs.delete(cache);
            } catch (IOException beingWritten) {
                tally.count("cache not deleted");
            }
        }

        void close() throws Exception {
            fx.submit(() -> {
                        statistics.close();
                        workbench.closeModel();
                    })
                    .get();
        }
    }
}

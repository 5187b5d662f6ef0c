package loupe.app.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import loupe.analysis.effects.InterventionList;
import loupe.app.bench.MeasuredWindow.Probe;
import loupe.app.window.Toolkit;
import loupe.state.WorkbenchModels;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.ResultSlot;
import loupe.state.text.DoseModel;
import loupe.state.text.PatchingModel;
import loupe.state.text.PromptPair;

/**
 * The view Text of the real window on the sample: from another strength to the frame that shows its predictions and the
 * first token under it, and the longest task on the JavaFX thread while each pane works.
 */
final class TextBenchmark implements Benchmark {
    private static final PromptPair PROMPTS =
            new PromptPair("A small brown bird that", "A small brown fish that", " is", " was");
    private static final int FEATURE = 866;
    private static final int WARM_UP = 10;
    private static final int STRENGTHS = 25;
    private static final int EDITS = 25;
    private static final int TEXTS = 5;
    private static final int DREAMT = 3;
    private static final long EDIT_MILLIS = 60;
    private static final long SETTLING_MILLIS = 500;
    private static final long RESTING_MILLIS = 100;
    private static final long COUNTING_NANOS = 1_800_000_000_000L;
    /** Two frames at 60 a second. */
    private static final double TWO_PULSES_MILLIS = 2000.0 / 60;

    private static final double FIRST_TOKEN_MILLIS = 150;
    private static final double TASK_MILLIS = 50;

    private final WindowRun window;

    @SuppressWarnings("NullAway.Init") // opened before anything is measured
    private MeasuredWindow shown;

    TextBenchmark(WindowRun window) {
        this.window = window;
    }

    @Override
    public String name() {
        return "text";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        WindowRun.Prepared prepared = window.prepare(bench).orElse(null);
        if (prepared == null) {
            figures.put("not_run", "there is no sample to open");
            return figures;
        }
        try (MeasuredWindow opened = new MeasuredWindow(bench, prepared)) {
            shown = opened;
            bench.report("text: waiting for the checkpoint to be open and counted");
            MeasuredWindow.until(
                    COUNTING_NANOS,
                    () -> models().a().side().sae().get() != null
                            && !models().statistics()
                                    .counting(models().a().side())
                                    .get()
                            && !models().table().filling().get());
            MeasuredWindow.pause(SETTLING_MILLIS);
            Toolkit.run(() -> models().table().jumpTo(FEATURE));
            figures.put("limit of a task on the JavaFX thread, ms", TASK_MILLIS);
            try (Probe probe = shown.probe()) {
                opening(bench, probe, figures);
                strengths(bench, probe, figures);
                editing(bench, probe, figures);
                panes(bench, probe, figures);
            }
        }
        return figures;
    }

    private WorkbenchModels models() {
        return shown.app().models();
    }

    private void run(String command) {
        Toolkit.run(() -> shown.app().view().run(command));
    }

    private void opening(Bench bench, Probe probe, Map<String, Object> figures) {
        bench.report("text: opening the view");
        probe.takeMillis();
        run("view-text");
        MeasuredWindow.pause(SETTLING_MILLIS);
        probe.put(figures, "while the view is opened, empty");
        Toolkit.run(() -> models().prompt().pair().set(PROMPTS));
        shown.until(() -> isAnswered(models().predictions().predictions()));
        MeasuredWindow.pause(SETTLING_MILLIS);
        probe.put(figures, "while the first prompts are shown");
    }

    /** Another strength each time, with both texts in the next pane. */
    private void strengths(Bench bench, Probe probe, Map<String, Object> figures) {
        bench.report("text: changing the strength");
        run("show-generation");
        for (int i = 0; i < WARM_UP; i++) {
            double amount = 1 + i;
            Toolkit.run(() -> strength(amount));
            rest();
        }
        probe.put(figures, "while strengths change for the first times");
        double[] predictions = new double[STRENGTHS];
        double[] token = new double[STRENGTHS];
        for (int i = 0; i < STRENGTHS; i++) {
            double amount = 20 + i;
            predictions[i] =
                    changed(() -> strength(amount), models().predictions().predictions());
            rest();
            token[i] = changed(() -> strength(-amount), models().generation().texts());
            rest();
        }
        figures.put("another strength, new predictions", Timing.of(predictions).milliseconds());
        figures.put("limit, two pulses, ms", TWO_PULSES_MILLIS);
        figures.put("slowest of " + STRENGTHS + ", ms", 1e3 * largest(predictions));
        figures.put("another strength, first token", Timing.of(token).milliseconds());
        figures.put("limit, ms", FIRST_TOKEN_MILLIS);
        figures.put("slowest first token of " + STRENGTHS + ", ms", 1e3 * largest(token));
        probe.put(figures, "while strengths change");
    }

    /** Until both texts are whole and their last frame is drawn. */
    private void rest() {
        shown.until(this::isQuiet);
        MeasuredWindow.pause(RESTING_MILLIS);
    }

    private static double largest(double[] seconds) {
        return Arrays.stream(seconds).max().orElse(0);
    }

    /** On the JavaFX thread. */
    private void strength(double amount) {
        models().interventions().set(InterventionList.parse("add " + FEATURE + " " + amount));
    }

    /** Types at the end of both prompts, letter by letter. */
    private void editing(Bench bench, Probe probe, Map<String, Object> figures) {
        bench.report("text: editing the prompts");
        run("show-prompt-features");
        shown.until(this::isQuiet);
        probe.takeMillis();
        String typed = " was seen in the old trees";
        for (int i = 0; i < EDITS; i++) {
            String more = typed.substring(0, i + 1);
            Toolkit.run(() -> models().prompt()
                    .pair()
                    .set(PROMPTS.withClean(PROMPTS.clean() + more).withCorrupt(PROMPTS.corrupt() + more)));
            MeasuredWindow.pause(EDIT_MILLIS);
        }
        shown.until(this::isQuiet);
        probe.put(figures, "while prompts are typed");
        int last = Toolkit.call(() -> models().prompt().position().get());
        for (int place = 0; place < last; place++) {
            int there = place;
            Toolkit.run(() -> models().prompt().position().set(there));
            MeasuredWindow.pause(EDIT_MILLIS);
        }
        probe.put(figures, "while tokens are chosen");
        Toolkit.run(() -> models().prompt().pair().set(PROMPTS));
        shown.until(this::isQuiet);
    }

    private void panes(Bench bench, Probe probe, Map<String, Object> figures) {
        pane(bench, probe, figures, "effects", () -> models().effects().status().getValue(), () -> strength(7));
        pane(
                bench,
                probe,
                figures,
                "generation",
                () -> models().generation().status().getValue(),
                () -> {});
        for (int i = 0; i < TEXTS; i++) {
            Toolkit.run(() -> models().generation().nextSeed());
            shown.until(this::isQuiet);
        }
        probe.put(figures, "while texts go on");
        Toolkit.run(() -> models().doses().settings().set(new DoseModel.Settings(2, 7, 2, 8, 2, "bird")));
        pane(
                bench,
                probe,
                figures,
                "dose",
                () -> models().doses().status().getValue(),
                () -> models().doses().start());
        for (PatchingModel.Places places : PatchingModel.Places.values()) {
            Toolkit.run(() -> models().patching().places().set(places));
            pane(
                    bench,
                    probe,
                    figures,
                    "patching",
                    "patching of " + places,
                    () -> models().patching().status().getValue(),
                    () -> {});
        }
        pane(
                bench,
                probe,
                figures,
                "attribution",
                () -> models().attribution().status().getValue(),
                () -> {});
        pane(bench, probe, figures, "circuit", () -> models().circuit().status().getValue(), () -> {});
        pane(bench, probe, figures, "dream", () -> models().dream().status().getValue(), () -> {
            models().dream().iterations().set(Integer.toString(DREAMT));
            models().dream().start();
        });
    }

    private void pane(
            Bench bench,
            Probe probe,
            Map<String, Object> figures,
            String id,
            Supplier<PaneStatus> status,
            Runnable begins) {
        pane(bench, probe, figures, id, id, status, begins);
    }

    /** Brings a pane to the front, begins its work, and waits for the end of it. */
    private void pane(
            Bench bench,
            Probe probe,
            Map<String, Object> figures,
            String id,
            String what,
            Supplier<PaneStatus> status,
            Runnable begins) {
        bench.report("text: " + what);
        probe.takeMillis();
        run("show-" + id);
        Toolkit.run(begins);
        MeasuredWindow.pause(SETTLING_MILLIS);
        shown.until(() -> !status.get().pending() && isQuiet());
        MeasuredWindow.pause(SETTLING_MILLIS);
        probe.put(figures, "with the pane " + what);
    }

    /** Seconds from an event to the frame that shows another answer, or the first part of it. */
    private double changed(Runnable event, ResultSlot<?> slot) {
        Object before = Toolkit.call(slot::getValue);
        return shown.eventToFrame(event, () -> slot.getValue() != null && slot.getValue() != before);
    }

    private static boolean isAnswered(ResultSlot<?> slot) {
        return slot.getValue() != null && !slot.isPending();
    }

    private boolean isQuiet() {
        return Stream.of(
                        models().prompt().reading(),
                        models().predictions().predictions(),
                        models().generation().texts(),
                        models().a().textFeatures().clean())
                .noneMatch(ResultSlot::isPending);
    }
}

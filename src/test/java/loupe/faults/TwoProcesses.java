package loupe.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.faults.Program.Ended;
import loupe.faults.Program.Running;

/**
 * Two processes that write to one place, the second started somewhat after the first. Each has to end with what it
 * makes alone, or with a sentence; and what is there at the end is whole and that of one that says it succeeded.
 *
 * <p>By hand: {@code FOLDER PAIRS MOST-SECONDS-APART DOCUMENTS [KIND..]}.
 */
final class TwoProcesses {
    static final List<String> KINDS = List.of("same", "other", "resume", "shard", "batch", "out");

    private final Path folder;
    private final Inputs inputs;
    private final Tally tally = new Tally();

    /** @param documents of the corpus, which say how long a pass takes */
    TwoProcesses(Path folder, int documents) throws IOException {
        this.folder = folder;
        inputs = Inputs.in(Files.createDirectories(folder.resolve("inputs")), documents);
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]).toAbsolutePath();
        int pairs = Integer.parseInt(arguments[1]);
        double apart = Double.parseDouble(arguments[2]);
        List<String> kinds = arguments.length > 4 ? Arrays.asList(arguments).subList(4, arguments.length) : KINDS;
        Map<String, TwoProcesses> trials = new LinkedHashMap<>();
        for (String kind : kinds) {
            trials.put(kind, new TwoProcesses(folder.resolve(kind), Integer.parseInt(arguments[3])));
        }
        for (int pair = 0; pair < pairs; pair++) {
            for (String kind : kinds) {
                trials.get(kind).pair(kind, Math.round(1000 * apart * pair / Math.max(1, pairs - 1)));
                System.out.println(kind + " " + trials.get(kind).tally);
            }
        }
        Inputs.delete(folder);
    }

    Tally tally() {
        return tally;
    }

    /** Runs one pair of a kind. */
    void pair(String kind, long millisecondsApart) throws IOException, InterruptedException {
        switch (kind) {
            case "same" -> indexes(inputs.sae(), millisecondsApart);
            case "other" -> indexes(inputs.other(), millisecondsApart);
            case "resume" -> indexes(inputs.sae(), millisecondsApart, "--resume");
            case "shard" -> indexes(inputs.sae(), millisecondsApart, "--shard", "1/2");
            case "batch" -> batches(millisecondsApart);
            case "out" -> outputs(millisecondsApart);
            default -> throw new IllegalArgumentException("there is no kind " + kind);
        }
    }

    private Program program(String name) throws IOException {
        return new Program(folder.resolve(name));
    }

    private Map<String, Long> alone(Path checkpoint, Object... more) throws IOException, InterruptedException {
        Path out = folder.resolve("alone-" + checkpoint.getFileName());
        if (!Files.exists(out)) {
            Ended ended = program("a").run(inputs.index(checkpoint, out, more));
            if (!ended.isDone()) {
                throw new AssertionError(ended.err());
            }
        }
        return Inputs.content(out);
    }

    private void indexes(Path second, long apart, Object... more) throws IOException, InterruptedException {
        Map<String, Long> ofFirst = alone(inputs.sae(), more);
        Map<String, Long> ofSecond = alone(second, more);
        Path out = folder.resolve("index");
        Running a = program("a").start(inputs.index(inputs.sae(), out, more));
        Thread.sleep(apart);
        Ended b = program("b").start(inputs.index(second, out, more)).ended();
        Ended ended = a.ended();
        String what = apart + " ms apart: " + ended.sentence() + " / " + b.sentence();
        Map<String, Long> made = Inputs.content(out);
        // whoever began last and succeeded made what is there
        boolean right = b.isDone() && made.equals(ofSecond) || ended.isDone() && made.equals(ofFirst);
        judge(what, ended, b, right);
        Inputs.delete(out);
    }

    /** Two commands that append different features to one file. */
    private void batches(long apart) throws IOException, InterruptedException {
        Path alone = folder.resolve("alone.jsonl");
        if (!Files.exists(alone)) {
            program("a").run(inputs.batch("0-11", alone));
        }
        Path out = folder.resolve("batch.jsonl");
        Running a = program("a").start(inputs.batch("0-5", out, "--resume"));
        Thread.sleep(apart);
        Ended b = program("b").start(inputs.batch("6-11", out, "--resume")).ended();
        Ended ended = a.ended();
        List<String> expected = new ArrayList<>(Files.readAllLines(alone));
        List<String> all = List.copyOf(expected);
        if (!b.isDone()) {
            expected.subList(7, 13).clear();
        }
        if (!ended.isDone()) {
            expected.subList(1, 7).clear();
        }
        judge(
                apart + " ms apart: " + ended.sentence() + " / " + b.sentence(),
                ended,
                b,
                Lines.alike(expected, Files.readAllLines(out)));
        Ended resumed = program("a").run(inputs.batch("0-11", out, "--resume"));
        if (!resumed.isDone() || !Lines.alike(all, Files.readAllLines(out))) {
            tally.wrong(apart + " ms apart, resumed: " + resumed.sentence());
        }
        Files.delete(out);
    }

    /** Two commands that write one file in one go. */
    private void outputs(long apart) throws IOException, InterruptedException {
        String tokens = IntStream.range(0, 30).mapToObj(Integer::toString).collect(Collectors.joining(","));
        Object[] forward = {
            "forward", "--model", inputs.model(), "--ids", tokens, "--hooks", "blocks.1.hook_resid_pre", "--quiet"
        };
        Path alone = folder.resolve("alone.safetensors");
        if (!Files.exists(alone)) {
            Ended ended = program("a").run(with(forward, alone));
            if (!ended.isDone()) {
                throw new AssertionError(ended.err());
            }
        }
        Path out = folder.resolve("own/out.safetensors");
        Files.createDirectories(out.getParent());
        Running a = program("a").start(with(forward, out));
        Thread.sleep(apart / 5);
        Ended b = program("b").start(with(forward, out)).ended();
        Ended ended = a.ended();
        judge(
                apart / 5 + " ms apart: " + ended.sentence() + " / " + b.sentence(),
                ended,
                b,
                Files.mismatch(out, alone) < 0 && out.getParent().toFile().list().length == 1);
        Inputs.delete(out.getParent());
    }

    private static Object[] with(Object[] arguments, Path out) {
        Object[] all = Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--out";
        all[arguments.length + 1] = out;
        return all;
    }

    private void judge(String what, Ended a, Ended b, boolean right) {
        boolean told = (a.isDone() || a.isSentence()) && (b.isDone() || b.isSentence());
        if (!right || !told) {
            tally.wrong(what);
            return;
        }
        tally.right();
        if (!a.isDone() || !b.isDone()) {
            tally.sentence();
        }
    }
}

package loupe.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import loupe.faults.Program.Ended;
import loupe.faults.Program.Running;

/**
 * A process is killed at a random moment, and the same command given again with {@code --resume}: the result is the one
 * of an undisturbed run, and nothing is left behind, in the place of the result or in the folder for temporary files.
 *
 * <p>By hand: {@code FOLDER KILLS SEED DOCUMENTS [index|again|batch|out..]}.
 */
final class Kills {
    static final List<String> KINDS = List.of("index", "again", "batch", "out");

    private final Path folder;
    private final Inputs inputs;
    private final Random random;
    private final Tally tally = new Tally();
    private final long[] milliseconds = new long[KINDS.size()];

    Kills(Path folder, int documents, long seed) throws IOException {
        this.folder = folder;
        inputs = Inputs.in(Files.createDirectories(folder.resolve("inputs")), documents);
        random = new Random(seed);
    }

    public static void main(String[] arguments) throws Exception {
        List<String> kinds = arguments.length > 4 ? List.of(arguments).subList(4, arguments.length) : KINDS;
        Path folder = Path.of(arguments[0]).toAbsolutePath();
        Kills trial = new Kills(folder, Integer.parseInt(arguments[3]), Long.parseLong(arguments[2]));
        for (int kill = 0; kill < Integer.parseInt(arguments[1]); kill++) {
            String kind = kinds.get(kill % kinds.size());
            trial.kill(kind);
            System.out.println("kills, last of " + kind + " " + trial.tally);
        }
        Inputs.delete(folder);
    }

    Tally tally() {
        return tally;
    }

    /** Kills one process of a kind, and looks at what the next one makes of what it left. */
    void kill(String kind) throws IOException, InterruptedException {
        Path alone = folder.resolve("alone-" + kind);
        Path out = folder.resolve("out");
        Program program = new Program(folder.resolve("home"));
        int at = KINDS.indexOf(kind);
        if (!Files.exists(alone)) {
            long begun = System.nanoTime();
            Files.createDirectories(alone);
            Ended ended = program.run(command(kind, alone, false));
            if (!ended.isDone()) {
                throw new AssertionError(ended.err());
            }
            milliseconds[at] = (System.nanoTime() - begun) / 1_000_000;
        }
        Files.createDirectories(out);
        long after = (long) (random.nextDouble() * Math.max(1, milliseconds[at]));
        Running killed = program.start(command(kind, out, true));
        Thread.sleep(after);
        tally.count(killed.process().isAlive() ? "killed" : "had ended");
        killed.kill();
        Files.deleteIfExists(killed.out());
        Files.deleteIfExists(killed.err());
        String temporary = large(program.temporary());
        Ended next = program.run(command(kind, out, !kind.equals("again")));
        String what = "after " + after + " ms: ";
        if (!next.isDone()) {
            tally.wrong(what + next.sentence());
        } else if (!alike(kind, alone, out)) {
            tally.wrong(what + "differs: " + Inputs.content(out) + " from " + Inputs.content(alone));
        } else {
            tally.right();
        }
        if (!temporary.isEmpty()) {
            tally.count("library left by the kill");
        }
        if (!large(program.temporary()).isEmpty()) {
            tally.count("library left after the next start");
        }
        Inputs.delete(out);
    }

    private Object[] command(String kind, Path out, boolean resume) {
        Object[] resumed = resume ? new Object[] {"--resume"} : new Object[0];
        return switch (kind) {
            case "index", "again" -> inputs.index(inputs.sae(), out, resumed);
            case "batch" -> inputs.batch("0-11", out.resolve("batch.jsonl"), resumed);
            case "out" ->
                new Object[] {
                    "forward",
                    "--model",
                    inputs.model(),
                    "--ids",
                    "1,2,3",
                    "--hooks",
                    "blocks.1.hook_resid_pre",
                    "--quiet",
                    "--out",
                    out.resolve("out.safetensors")
                };
            default -> throw new IllegalArgumentException("there is no kind " + kind);
        };
    }

    private static boolean alike(String kind, Path alone, Path out) throws IOException {
        if (kind.equals("batch")) {
            return new TreeSet<>(Inputs.content(alone).keySet())
                            .equals(Inputs.content(out).keySet())
                    && Lines.alike(
                            Files.readAllLines(alone.resolve("batch.jsonl")),
                            Files.readAllLines(out.resolve("batch.jsonl")));
        }
        Map<String, Long> expected = Inputs.content(alone);
        return expected.equals(Inputs.content(out));
    }

    /** Files of more than a megabyte in a folder. */
    private static String large(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return String.join(
                    " ",
                    files.filter(file -> file.toFile().length() > 1 << 20)
                            .map(file -> file.getFileName().toString())
                            .toList());
        }
    }
}

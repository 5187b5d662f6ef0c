package loupe.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import loupe.TinySae;
import loupe.faults.Program.Ended;
import loupe.faults.Program.Running;

/**
 * A window on a display of its own is ended at a random moment while somebody works in it: killed, told to end, or by
 * the end of its display. The next one shows what was shown last, but for the last choice; and two windows on an empty
 * cache count both.
 *
 * <p>By hand, with Xvfb: {@code FOLDER DISPLAY TIMES SEED kill|term|display|two..}.
 */
final class Windows {
    private static final int PAUSE = 800;
    private static final int SECONDS = 240;

    private final Path folder;
    private final String display;
    private final Inputs inputs;
    private final Random random;
    private final Tally tally = new Tally();

    private Windows(Path folder, String display, long seed) throws IOException {
        this.folder = folder.toAbsolutePath();
        this.display = display;
        inputs = Inputs.in(Files.createDirectories(this.folder.resolve("inputs")), 5_000);
        random = new Random(seed);
    }

    public static void main(String[] arguments) throws Exception {
        for (String how : List.of(arguments).subList(4, arguments.length)) {
            Windows trial = new Windows(Path.of(arguments[0]).resolve(how), arguments[1], Long.parseLong(arguments[3]));
            for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                if (how.equals("two")) {
                    trial.two(i);
                } else {
                    trial.end(how);
                }
                System.out.println("windows, " + how + " " + trial.tally);
            }
            Inputs.delete(trial.folder);
        }
    }

    private Process screen() throws IOException, InterruptedException {
        Process screen = new ProcessBuilder("Xvfb", display, "-screen", "0", "1280x900x24", "-nolisten", "tcp")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Thread.sleep(1_500);
        return screen;
    }

    private void end(String how) throws IOException, InterruptedException {
        Process screen = screen();
        Path home = folder.resolve("home");
        Program program = new Program(home).with("DISPLAY", display);
        Running window = program.start(EditingWindow.class, PAUSE, inputs.model(), inputs.sae());
        int edits = 3 + random.nextInt(10);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (Files.readAllLines(window.out()).size() < edits && System.nanoTime() < end) {
            Thread.sleep(50);
        }
        Thread.sleep(random.nextInt(PAUSE));
        switch (how) {
            case "kill" -> window.kill();
            case "term" -> window.process().destroy();
            default -> screen.destroyForcibly().waitFor();
        }
        if (!window.process().waitFor(1, TimeUnit.MINUTES)) {
            tally.wrong("has not ended");
            window.kill();
        }
        tally.count("exit " + window.process().exitValue());
        List<String> made = Files.readAllLines(window.out());
        String left = large(program.temporary());
        if (!left.isEmpty()) {
            tally.count("left " + left);
        }
        if (how.equals("display")) {
            screen = screen();
        }
        Ended next = program.start(EditingWindow.class, 0).ended();
        int last = made.size() - 1;
        int shown = next.out().isBlank() ? -1 : Integer.parseInt(next.out().strip());
        if (last < 0 || !next.isDone()) {
            tally.wrong(made + " then " + next);
        } else if (shown == last % TinySae.FEATURES) {
            tally.right();
        } else if (shown == (last - 1) % TinySae.FEATURES) {
            tally.count("right but for the last choice");
        } else {
            tally.wrong(made + ", then " + shown);
        }
        screen.destroyForcibly().waitFor();
        Inputs.delete(home);
    }

    /** Two windows of one user, the second somewhat later, which count the same. */
    private void two(int seconds) throws IOException, InterruptedException {
        Process screen = screen();
        Path home = folder.resolve("home");
        Program program = new Program(home).with("DISPLAY", display);
        Running first = program.start(EditingWindow.class, PAUSE, inputs.model(), inputs.sae(), inputs.corpus());
        Thread.sleep(1_000L * seconds / 2);
        Running second = program.start(EditingWindow.class, PAUSE, inputs.model(), inputs.sae(), inputs.corpus());
        Path cache = home.resolve("cache/sae-loupe/indexes");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (System.nanoTime() < end
                && !(complete(cache) == 1 && Files.size(first.out()) > 0 && Files.size(second.out()) > 0)) {
            Thread.sleep(200);
        }
        Thread.sleep(3_000);
        String said = Files.readString(first.err()) + Files.readString(second.err());
        first.process().destroy();
        second.process().destroy();
        first.process().waitFor(1, TimeUnit.MINUTES);
        second.process().waitFor(1, TimeUnit.MINUTES);
        if (complete(cache) == 1 && !said.contains("Exception") && !said.contains("Counting again")) {
            try (Stream<Path> indexes = Files.list(cache)) {
                loupe.index.ActivationIndex index =
                        loupe.index.ActivationIndex.open(indexes.findFirst().orElseThrow());
                index.verify();
                index.close();
            }
            tally.right();
        } else {
            tally.wrong(complete(cache) + " indexes; " + said);
        }
        screen.destroyForcibly().waitFor();
        Inputs.delete(home);
    }

    private static long complete(Path cache) throws IOException {
        if (!Files.isDirectory(cache)) {
            return 0;
        }
        try (Stream<Path> indexes = Files.list(cache)) {
            return indexes.filter(index -> Files.exists(index.resolve("index.json")))
                    .count();
        }
    }

    private static String large(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return String.join(
                    " ",
                    files.filter(file -> file.toFile().length() > 1 << 20)
                            .map(Path::toString)
                            .toList());
        }
    }
}

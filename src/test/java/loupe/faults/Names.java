package loupe.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import loupe.app.Main;
import loupe.faults.Program.Ended;
import loupe.state.window.Session;
import loupe.state.window.SessionFile;

/**
 * Folders whose names mean something to a shell, a database, a URL or Java, as cache, settings, temporary files, model,
 * checkpoint, corpus and output at once: the same answers as in folders with plain names.
 *
 * <p>By hand: {@code FOLDER own|shared [FIRST]}; with {@code own} each name's cache has native libraries of its own.
 */
final class Names {
    /** Names of a folder; some are of two. */
    static final List<String> HOSTILE = List.of(
            "run[1]",
            "a*b",
            "a?b",
            "**",
            "[!a]",
            "{x,y}",
            "feature=7",
            "token=3/lr=1",
            "text=evil",
            "it's",
            "\"quoted\"",
            "sp ace",
            "new\nline",
            "\uD83E\uDDA6 \u202Eotter",
            "~",
            "-",
            "--out",
            "@file",
            "a;b",
            "a:b",
            "a,b",
            "%s%20",
            "back\\slash",
            "s3:",
            "$HOME",
            "jar!",
            "h\u00e9 #x&y");

    private final Path folder;
    private final boolean ownLibraries;
    private final Tally tally = new Tally();
    private final Map<String, Object> plain;

    /** @param ownLibraries whether native libraries are unpacked below each name, which takes 450 MB for a while */
    Names(Path folder, boolean ownLibraries) throws IOException, InterruptedException {
        this.folder = folder.toAbsolutePath();
        this.ownLibraries = ownLibraries;
        plain = answers(this.folder.resolve("plain"));
    }

    public static void main(String[] arguments) throws Exception {
        Names trial = new Names(Path.of(arguments[0]), arguments[1].equals("own"));
        int first = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 0;
        trial.run(HOSTILE.subList(first, HOSTILE.size()));
        System.out.println("names " + trial.tally);
    }

    Tally tally() {
        return tally;
    }

    void run(List<String> names) throws IOException, InterruptedException {
        for (String name : names) {
            try {
                Map<String, Object> answers = answers(folder.resolve(name));
                if (answers.equals(plain)) {
                    tally.right();
                } else {
                    tally.wrong(name + ": " + answers + " instead of " + plain);
                }
            } catch (AssertionError failed) {
                tally.wrong(name + ": " + failed.getMessage());
            }
        }
    }

    private Map<String, Object> answers(Path place) throws IOException, InterruptedException {
        Inputs inputs = Inputs.in(Files.createDirectories(place), 300);
        Program program = new Program(place.resolve("home"));
        if (ownLibraries) {
            program.ownLibraries();
        }
        Path index = place.resolve("index");
        Path tree = place.resolve("tree.json");
        Path out = place.resolve("out.safetensors");
        try {
            Ended ended = program.run(inputs.index(inputs.sae(), index));
            if (!ended.isDone()) {
                throw new AssertionError("index build: " + ended.code() + " " + ended.sentence());
            }
            String feature = here("feature", "--index", index, "--feature", "3", "--json");
            here(
                    "tree",
                    "--model",
                    inputs.model(),
                    "--sae",
                    inputs.sae(),
                    "--feature",
                    "2",
                    "--max-depth",
                    "3",
                    "--out",
                    tree);
            here(
                    "forward",
                    "--model",
                    inputs.model(),
                    "--text",
                    "the otter",
                    "--hooks",
                    "blocks.1.hook_resid_pre",
                    "--out",
                    out);
            SessionFile session = new SessionFile(place.resolve("config/session.json"));
            session.save(session(place));
            Map<String, Long> content = Inputs.content(index);
            return Map.of(
                    "index",
                    content,
                    "feature",
                    feature,
                    "session",
                    session.load().equals(session(place)) && session.notice().isEmpty(),
                    "tree",
                    Files.readString(tree),
                    "forward",
                    Arrays.hashCode(Files.readAllBytes(out)));
        } finally {
            Inputs.delete(place);
        }
    }

    private static Session session(Path place) {
        return new Session(
                place.resolve("model").toString(),
                List.of(new Session.Checkpoint(place.resolve("sae").toString(), Map.of())),
                3,
                Map.of(),
                null,
                null,
                false,
                13,
                List.of());
    }

    /** What a command in this process prints. */
    private static String here(Object... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.commandLine(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8))
                .run(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        if (code != 0) {
            throw new AssertionError(arguments[0] + ": " + code + " " + err.toString(StandardCharsets.UTF_8));
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}

package loupe.lm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import loupe.TinyModel;
import loupe.Trial;
import loupe.base.CheckpointException;
import loupe.lm.tokenizer.EncoderProcess.Limits;
import loupe.lm.tokenizer.Tokenizer.Beginning;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokenizers that the library does not bear with every text. */
@Timeout(120)
class EncoderProcessTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LONG_MS = 50_000;

    /** Each stretch takes the matcher nearly as many steps as it may take. */
    private static final String SLOW = ("a".repeat(21) + "c").repeat(2_000);

    @TempDir
    Path folder;

    @Test
    void aTextThatBreaksTheLibraryIsRefusedAndOthersAreRead() {
        try (Tokenizer tokenizer =
                TokenizerFiles.read(Trial.folder("tok-regex-retry-limit")).orElseThrow()) {
            assertBreaksAt(tokenizer, "a".repeat(40) + "!");
        }
    }

    /** No trial of an expression finds the letters of all scripts. */
    @Test
    void anExpressionThatBreaksAtOneScriptOnlyIsRefusedThere() throws IOException {
        try (Tokenizer tokenizer = splitting("(\\p{Cyrillic}+)+$")) {
            assertBreaksAt(tokenizer, "\u044F".repeat(40) + "!");
        }
    }

    private static void assertBreaksAt(Tokenizer tokenizer, String text) {
        int[] before = tokenizer.encode("the otter", Beginning.NO).ids();
        assertThatThrownBy(() -> tokenizer.encode(text, Beginning.NO))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tokenizer.json: the tokenizer's library breaks down at a text of 41 characters");
        assertThat(tokenizer.encode("the otter", Beginning.NO).ids()).isEqualTo(before);
        assertThat(tokenizer.decode(before)).isEqualTo("the otter");
    }

    @Test
    void aTextThatTakesTooLongIsRefused() throws IOException {
        try (Tokenizer tokenizer = splitting("(?:a|a)*$", new Limits(LONG_MS, 2_000))) {
            assertThatThrownBy(() -> tokenizer.encode(SLOW, Beginning.NO))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("tokenizer.json: the tokenizer needs more than 2 s for a text of 44000");
            assertThat(tokenizer.encode("the otter", Beginning.NO).size()).isPositive();
        }
    }

    /** Where texts may be cut is found with Java's matcher, which some expressions keep busy for ever. */
    @Test
    void aFileThatTakesTooLongIsRefused() {
        assertThatThrownBy(
                        () -> splitting("(?:" + "[\\s\\S]|".repeat(16) + "x)*\\x01|(q)\\1", new Limits(1_000, LONG_MS)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tokenizer.json: the tokenizer needs more than 1 s for this file");
    }

    @Test
    void aTextThatTakesTooMuchMemoryIsRefused() throws IOException {
        ObjectNode file = tiny();
        ObjectNode template = file.putObject("post_processor").put("type", "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        for (int i = 0; i < 20_000; i++) {
            single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
        }
        template.putArray("pair");
        template.putObject("special_tokens");
        try (Tokenizer tokenizer = read(file, new Limits(LONG_MS, LONG_MS))) {
            assertThatThrownBy(() -> tokenizer.encode("the otter ".repeat(2_000), Beginning.AUTO))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("the tokenizer needs more than 1536 MiB of memory for a text of 20000");
        }
    }

    @Test
    void closingDoesNotWaitForATextThatTakesTooLong() throws Exception {
        Tokenizer tokenizer = splitting("(?:a|a)*$", new Limits(LONG_MS, LONG_MS));
        tokenizer.encode("the otter", Beginning.NO);
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Tokens> encoding = CompletableFuture.supplyAsync(() -> {
            begun.countDown();
            return tokenizer.encode(SLOW, Beginning.NO);
        });
        begun.await();
        tokenizer.close();
        assertThatThrownBy(encoding::get)
                .satisfies(end -> assertThat(end instanceof ExecutionException ? end.getCause() : end)
                        .isInstanceOf(CancellationException.class));
        assertThatThrownBy(() -> tokenizer.encode("the otter", Beginning.NO)).isInstanceOf(CancellationException.class);
        tokenizer.close();
    }

    @Test
    void whatTheLibraryRefusesIsSaidAsWithinThisProcess() throws IOException {
        assertThatThrownBy(() -> splitting("(a"))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tokenizer.json: the tokenizer cannot be read (Oniguruma error: end pattern");
    }

    @Test
    void bothWaysGiveTheSame() throws IOException {
        TokenizerSource source =
                new TokenizerSource(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(tiny()), new byte[0]);
        try (NativeEncoder here = NativeEncoder.of(source);
                EncoderProcess apart = new EncoderProcess(source, Limits.USUAL)) {
            assertThat(apart.open()).isEqualTo(TextPieces.Borders.of(tiny()));
            for (String text : List.of("", "the otter", "a\u0000b", "\uD83E\uDDA6 \u65E5\u672C <|endoftext|>", " \n")) {
                for (boolean asItComes : new boolean[] {true, false}) {
                    Encoded expected = here.encode(text, false, asItComes);
                    Encoded found = apart.encode(text, false, asItComes);
                    assertThat(found.ids()).isEqualTo(expected.ids());
                    assertThat(found.starts()).isEqualTo(expected.starts());
                    assertThat(found.ends()).isEqualTo(expected.ends());
                    assertThat(apart.decode(found.ids())).isEqualTo(here.decode(expected.ids()));
                }
            }
        }
    }

    /** A harmless tokenizer keeps to this process up to the length of a piece. */
    @Test
    void aStretchThatCannotBeCutIsReadApart() throws IOException {
        String text = "the" + " ".repeat(TextPieces.USUAL) + "tin";
        try (Tokenizer tokenizer = read(tiny(), Limits.USUAL);
                NativeEncoder here = NativeEncoder.of(new TokenizerSource(
                        folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(tiny()), new byte[0]))) {
            int[] expected = here.encode(text, false, false).ids();
            assertThat(tokenizer.encode(text, Beginning.NO).ids()).isEqualTo(expected);
            TextReading reading = tokenizer.reading();
            List<int[]> read = new ArrayList<>();
            assertThat(reading.add(text, read::add)).isTrue();
            reading.end(read::add);
            assertThat(read.stream().flatMapToInt(Arrays::stream).toArray()).isEqualTo(expected);
            assertThat(tokenizer.decode(expected)).isEqualTo(text);
        }
    }

    /** Its limits are of its own work: where other programs keep it from working, it is waited for. */
    @Test
    void aProcessThatIsKeptFromWorkingIsWaitedFor() throws Exception {
        try (Tokenizer tokenizer = splitting("(a+)+b", new Limits(LONG_MS, 200))) {
            int[] before = tokenizer.encode("the otter", Beginning.NO).ids();
            signal("STOP");
            CompletableFuture<Void> going = CompletableFuture.runAsync(
                    () -> signal("CONT"), CompletableFuture.delayedExecutor(800, TimeUnit.MILLISECONDS));
            assertThat(tokenizer.encode("the otter", Beginning.NO).ids()).isEqualTo(before);
            going.get();
        }
    }

    /** As Linux does with this process first, where memory is short. */
    @Test
    void aTextThatWasBeingReadWhenTheProcessWasKilledIsReadByAnother() throws Exception {
        try (Tokenizer tokenizer = splitting("(a+)+b", new Limits(LONG_MS, LONG_MS))) {
            int[] before = tokenizer.encode("the otter", Beginning.NO).ids();
            signal("STOP");
            CompletableFuture<Void> killing = CompletableFuture.runAsync(
                    () -> signal("KILL"), CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
            assertThat(tokenizer.encode("the otter", Beginning.NO).ids()).isEqualTo(before);
            killing.get();
        }
    }

    @Test
    void aFileThatWasGivenToAKeptProcessThatWasKilledIsReadByAnother() throws Exception {
        splitting("(a+)+b").close(); // its process is kept for the next one
        signal("STOP");
        CompletableFuture<Void> killing = CompletableFuture.runAsync(
                () -> signal("KILL"), CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
        try (Tokenizer tokenizer = splitting("(a+)+b")) {
            assertThat(tokenizer.encode("the otter", Beginning.NO).size()).isPositive();
        }
        killing.get();
    }

    /** To all processes that read texts for this one. */
    private static void signal(String name) {
        ProcessHandle.current().children().toList().forEach(child -> {
            try {
                new ProcessBuilder("kill", "-" + name, "" + child.pid()).start().waitFor();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private Tokenizer splitting(String expression) throws IOException {
        return splitting(expression, Limits.USUAL);
    }

    private Tokenizer splitting(String expression, Limits limits) throws IOException {
        ObjectNode file = tiny();
        ArrayNode steps =
                file.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        ObjectNode split = steps.addObject()
                .put("type", "Split")
                .put("behavior", "Isolated")
                .put("invert", false);
        split.putObject("pattern").put("Regex", expression);
        steps.addObject()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", false);
        return read(file, limits);
    }

    private ObjectNode tiny() throws IOException {
        return (ObjectNode) JSON.readTree(
                TinyModel.writeTo(folder).resolve("tokenizer.json").toFile());
    }

    private Tokenizer read(ObjectNode file, Limits limits) throws IOException {
        Files.write(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(file));
        Optional<Tokenizer> read = TokenizerFiles.read(folder, TextPieces.USUAL, limits);
        return read.orElseThrow();
    }
}

package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import loupe.base.CheckpointException;
import org.apache.commons.compress.compressors.CompressorStreamFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of a file of a corpus that is damaged, empty or not what its name says, and of byte order marks. */
class CorpusFaultsTest {
    private static final String MARK = "\ufeff";

    @TempDir
    private Path folder;

    private static byte[] compressed(String kind, String text) throws Exception {
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        try (OutputStream out = new CompressorStreamFactory().createCompressorOutputStream(kind, bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static String kind(String ending) {
        return switch (ending) {
            case "gz" -> CompressorStreamFactory.GZIP;
            case "bz2" -> CompressorStreamFactory.BZIP2;
            default -> CompressorStreamFactory.ZSTANDARD;
        };
    }

    private List<String> read(Path file) {
        return Corpus.of(List.of(file)).documents();
    }

    private String refusal(Path file) {
        Throwable refused = catchThrowable(() -> read(file));
        assertThat(refused).isInstanceOf(CheckpointException.class);
        assertThat(refused.getMessage())
                .startsWith(file + ": ")
                .doesNotContain("null", "Exception")
                .hasSizeLessThan(300);
        return refused.getMessage().substring(file.toString().length() + 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gz", "bz2", "zst"})
    void aFileThatEndsBeforeItsTextSaysSo(String ending) throws Exception {
        byte[] noise = new byte[150_000];
        new Random(1).nextBytes(noise);
        byte[] whole = compressed(kind(ending), Base64.getEncoder().encodeToString(noise));
        Path file = folder.resolve("a.txt." + ending);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        assertThat(refusal(file))
                .startsWith("its compressed data is cut short or damaged")
                .endsWith("; expected a whole ." + ending + " file. Download or compress it again.");
        Path table = folder.resolve("a.csv." + (ending.equals("bz2") ? "gz" : ending));
        Files.write(
                table,
                Arrays.copyOf(
                        compressed(
                                kind(ending.equals("bz2") ? "gz" : ending),
                                "text\n" + "hello,".repeat(1)
                                        + Base64.getEncoder().encodeToString(noise)),
                        whole.length / 2));
        assertThat(refusal(table)).startsWith("its compressed data is cut short or damaged");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.txt.gz", "a.jsonl.bz2", "a.txt.zst", "a.csv.gz"})
    void aFileThatIsNotCompressedAsItsNameSaysIsRefused(String name) throws IOException {
        assertThat(refusal(Files.writeString(folder.resolve(name), "plain text, and more of it")))
                .startsWith("this is not compressed as its name says; expected a .")
                .endsWith("Rename or decompress it.");
    }

    @Test
    void anEmptyTableIsCalledEmpty() throws IOException {
        assertThat(refusal(Files.writeString(folder.resolve("a.csv"), "")))
                .isEqualTo("the file is empty; expected a table with its columns' names in the first line."
                        + " Choose another file.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'text,b\\n\"x,y\\nz,1\\n'|the quotes or columns of its rows do not fit together",
                "'text,b\\n1,h\u00e9\\n'|line 2 is not UTF-8 text",
            })
    void whatIsWrongWithATableIsSaid(String content, String reason) throws IOException {
        Path file = folder.resolve("a.csv");
        Files.write(file, content.replace("\\n", "\n").getBytes(StandardCharsets.ISO_8859_1));
        assertThat(refusal(file)).startsWith(reason).contains(". ");
    }

    @Test
    void aByteThatIsNotUtf8FarIntoATableIsToldWithItsLine() throws IOException {
        Path file = folder.resolve("a.csv");
        byte[] bytes =
                ("text\n" + "a row of plain words\n".repeat(5_000) + "h\u00e9\n").getBytes(StandardCharsets.ISO_8859_1);
        Files.write(file, bytes);
        assertThat(refusal(file))
                .isEqualTo("line 5002 is not UTF-8 text; expected a table in UTF-8. Convert it to UTF-8.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"txt", "txt.gz", "txt.bz2", "txt.zst"})
    void aByteOrderMarkIsNoText(String ending) throws Exception {
        assertThat(read(marked("a." + ending, "hello<|endoftext|>world"))).containsExactly("hello", "world");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jsonl", "jsonl.gz", "jsonl.bz2", "jsonl.zst"})
    void aByteOrderMarkBeforeJsonLinesIsNoText(String ending) throws Exception {
        assertThat(read(marked("a." + ending, "{\"text\": \"hello\"}\n"))).containsExactly("hello");
    }

    @ParameterizedTest
    @ValueSource(strings = {"csv", "csv.gz", "csv.zst", "tsv"})
    void aByteOrderMarkBeforeATableIsNotInItsFirstColumn(String ending) throws Exception {
        assertThat(read(marked("a." + ending, "text\nhello\nworld\n"))).containsExactly("hello", "world");
    }

    @Test
    void aMarkInsideATextStays() throws Exception {
        assertThat(read(Files.writeString(folder.resolve("a.txt"), "he" + MARK + "llo")))
                .containsExactly("he" + MARK + "llo");
    }

    private Path marked(String name, String text) throws Exception {
        Path file = folder.resolve(name);
        String ending = name.substring(name.lastIndexOf('.') + 1);
        boolean plain = Documents.compression(file).isEmpty();
        return Files.write(
                file, plain ? (MARK + text).getBytes(StandardCharsets.UTF_8) : compressed(kind(ending), MARK + text));
    }

    @Test
    void aFolderThatMayNotBeReadIsPassedOverAndNamed() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "hello");
        Path closed = folder.resolve("closed");
        TextFolder texts = TextFolder.of(folder);
        assertThat(texts.unread()).isEmpty();
        assertThat(texts.visitFileFailed(closed, new AccessDeniedException(closed.toString())))
                .isEqualTo(FileVisitResult.CONTINUE);
        assertThat(texts.unread()).containsExactly(closed + ": permission denied");
        assertThat(texts.files()).containsExactly(folder.resolve("a.txt"));
    }
}

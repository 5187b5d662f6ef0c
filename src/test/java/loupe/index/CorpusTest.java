package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import org.apache.commons.compress.compressors.CompressorStreamFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CorpusTest {
    @TempDir
    Path folder;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    @Test
    void aTextFileIsOneDocumentUnlessSeparated() throws IOException {
        Corpus corpus = Corpus.of(List.of(
                file("a.txt", "one\n\nstill one\n"), file("b.txt", "two<|endoftext|>\nthree\n<|endoftext|>\n")));
        assertThat(corpus.documents()).containsExactly("one\n\nstill one", "two", "three");
    }

    @Test
    void aSeparatorAcrossTheReadersBlocksIsSeen() throws IOException {
        String first = "x".repeat((1 << 16) - 5);
        assertThat(Corpus.of(List.of(file("a.txt", first + "<|endoftext|>y"))).documents())
                .containsExactly(first, "y");
    }

    @Test
    void jsonLinesHaveTheirTextField() throws IOException {
        assertThat(Corpus.of(List.of(file("a.jsonl", "{\"text\": \"one\", \"n\": 1}\n\n{\"text\": \"two\"}\n")))
                        .documents())
                .containsExactly("one", "two");
    }

    @Test
    void aLineWithoutTextIsNamed() throws IOException {
        Corpus corpus = Corpus.of(List.of(file("a.jsonl", "{\"text\": \"one\"}\n{\"body\": \"two\"}\n")));
        assertThatThrownBy(corpus::documents)
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("a.jsonl")
                .hasMessageContaining("line 2 has no text");
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() throws IOException {
        Path file = Files.write(folder.resolve("latin.txt"), "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Corpus.of(List.of(file)).documents())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("not UTF-8");
    }

    @Test
    void aFolderStandsForTheTextsInItSortedByPath() throws IOException {
        Files.createDirectories(folder.resolve("b"));
        file("c.txt", "three");
        file("b/x.jsonl", "{\"text\": \"two\"}\n");
        file("a.txt", "one");
        file("notes.md", "no text");
        assertThat(Corpus.of(List.of(folder)).documents()).containsExactly("one", "two", "three");
    }

    @Test
    void aFolderWithoutTextsIsRefused() throws IOException {
        file("notes.md", "no text");
        assertThatThrownBy(() -> Corpus.of(List.of(folder)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no texts")
                .hasMessageContaining(".jsonl");
    }

    @Test
    void tablesHaveTheirTextInAColumn() throws IOException {
        Path csv = file("a.csv", "id,text\n1,\"one, with a comma\"\n2,\"two\nlines and a \"\"quote\"\"\"\n3,\n");
        Path tsv = file("b.tsv", "body\ttext\nyes\tno\n");
        assertThat(Corpus.of(List.of(csv)).documents())
                .containsExactly("one, with a comma", "two\nlines and a \"quote\"");
        assertThat(Corpus.of(List.of(tsv), "body").documents()).containsExactly("yes");
    }

    @Test
    void parquetIsReadInTheOrderOfItsRows() throws Exception {
        Path file = folder.resolve("a.parquet");
        try (Parquet parquet = new Parquet(folder)) {
            parquet.write("SELECT 'text ' || (9999 - i) AS body FROM range(10000) t(i)", file, 2_048);
        }
        List<String> documents = Corpus.of(List.of(file), "body").documents();
        assertThat(documents)
                .hasSize(10_000)
                .startsWith("text 9999", "text 9998")
                .endsWith("text 0");
    }

    @Test
    void aMissingColumnIsNamedBesideThoseThereAre() throws IOException {
        Corpus corpus = Corpus.of(List.of(file("a.csv", "id,body\n1,one\n")));
        assertThatThrownBy(corpus::documents)
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no column text")
                .hasMessageContaining("id, body")
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.give(Remedy.Choice.TEXT_COLUMN));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {CompressorStreamFactory.GZIP, CompressorStreamFactory.BZIP2, CompressorStreamFactory.ZSTANDARD})
    void compressedTextsAreReadAsTheyAre(String kind) throws Exception {
        Path text = compressed("a.txt", kind, "one<|endoftext|>two \u00e9");
        Path lines = compressed("b.jsonl", kind, "{\"text\": \"three\"}\n");
        assertThat(Corpus.of(List.of(text, lines)).documents()).containsExactly("one", "two \u00e9", "three");
    }

    @ParameterizedTest
    @ValueSource(strings = {CompressorStreamFactory.GZIP, CompressorStreamFactory.ZSTANDARD})
    void compressedTablesAreReadToo(String kind) throws Exception {
        assertThat(Corpus.of(List.of(compressed("a.csv", kind, "text\none\n"))).documents())
                .containsExactly("one");
    }

    @Test
    void aFileThatIsNotCompressedAsItsNameSaysIsRefused() throws IOException {
        Corpus corpus = Corpus.of(List.of(file("a.txt.gz", "plain")));
        assertThatThrownBy(corpus::documents)
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("a.txt.gz");
    }

    private Path compressed(String name, String kind, String content) throws Exception {
        String ending = kind.equals(CompressorStreamFactory.GZIP)
                ? ".gz"
                : kind.equals(CompressorStreamFactory.BZIP2) ? ".bz2" : ".zst";
        Path file = folder.resolve(name + ending);
        try (OutputStream out =
                new CompressorStreamFactory().createCompressorOutputStream(kind, Files.newOutputStream(file))) {
            out.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }
}

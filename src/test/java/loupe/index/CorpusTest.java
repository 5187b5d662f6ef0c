package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
    @TempDir
    Path folder;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    @Test
    void aTextFileIsOneDocumentUnlessSeparated() throws IOException {
        Corpus corpus = Corpus.of(List.of(file("a.txt", "one\n\nstill one\n"), file("b.txt", "two<|endoftext|>\nthree\n<|endoftext|>\n")));
        assertThat(corpus.documents()).containsExactly("one\n\nstill one", "two", "three");
    }

    @Test
    void aSeparatorAcrossTheReadersBlocksIsSeen() throws IOException {
        String first = "x".repeat((1 << 16) - 5);
        assertThat(Corpus.of(List.of(file("a.txt", first + "<|endoftext|>y"))).documents()).containsExactly(first, "y");
    }

    @Test
    void jsonLinesHaveTheirTextField() throws IOException {
        assertThat(Corpus.of(List.of(file("a.jsonl", "{\"text\": \"one\", \"n\": 1}\n\n{\"text\": \"two\"}\n"))).documents()).containsExactly("one", "two");
    }

    @Test
    void aLineWithoutTextIsNamed() throws IOException {
        Corpus corpus = Corpus.of(List.of(file("a.jsonl", "{\"text\": \"one\"}\n{\"body\": \"two\"}\n")));
        assertThatThrownBy(corpus::documents).isInstanceOf(CheckpointException.class).hasMessageContaining("a.jsonl").hasMessageContaining("line 2 has no text");
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() throws IOException {
        Path file = Files.write(folder.resolve("latin.txt"), "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Corpus.of(List.of(file)).documents()).isInstanceOf(CheckpointException.class).hasMessageContaining("not UTF-8");
    }

    @Test
    void aFolderIsNotACorpus() {
        assertThatThrownBy(() -> Corpus.of(List.of(folder))).isInstanceOf(CheckpointException.class).hasMessageContaining("not a readable file");
    }
}

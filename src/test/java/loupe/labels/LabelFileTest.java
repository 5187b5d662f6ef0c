package loupe.labels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelFileTest {
    private static final String SAE = "0123456789abcdef";

    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void namesTheFile() {
        path = folder.resolve("config").resolve("labels.jsonl");
    }

    private static Edit.Label label(int feature, String text) {
        return Edit.Label.own(SAE, feature, text);
    }

    private LabelBook reread() {
        return new LabelFile(path).read().applyTo(new LabelBook());
    }

    @Test
    void everyKindOfEditComesBackAsItWas() {
        List<Edit> edits = List.of(
                new Edit.Name(SAE, "sae-topk"),
                label(7, "colours \"red\", 緑"),
                new Edit.Label(SAE, 7, "neuronpedia", "shades", "gpt-4o-mini", 0.75),
                new Edit.Note(SAE, 7, "first line\nsecond"),
                new Edit.Tag(SAE, 7, "To Check", true),
                new Edit.Star(SAE, 8, true),
                new Edit.NamedList(SAE, "Colours", "The sky is blue", true),
                new Edit.Member(SAE, "Colours", 7, 0),
                new Edit.Member(SAE, "Colours", 9, 0));
        new LabelFile(path).append(edits);

        LabelBook book = reread();

        assertThat(book.of(SAE, 7).label()).isEqualTo("colours \"red\", 緑");
        assertThat(book.of(SAE, 7).label("neuronpedia")).contains((Edit.Label) edits.get(2));
        assertThat(book.of(SAE, 7).note()).isEqualTo("first line\nsecond");
        assertThat(book.of(SAE, 7).tags()).containsExactly("to-check");
        assertThat(book.of(SAE, 8).star()).isTrue();
        assertThat(book.name(SAE)).isEqualTo("sae-topk");
        assertThat(book.list(SAE, "Colours").members()).containsExactly(9, 7);
        assertThat(book.list(SAE, "Colours").text()).isEqualTo("The sky is blue");
    }

    @Test
    void onlyTheOwnerMayReadIt() throws IOException {
        LabelFile file = new LabelFile(path);
        file.append(List.of(label(1, "a")));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");

        file.compact(file.read().applyTo(reread()), true);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    @Test
    void aReaderIsToldOnlyWhatOthersHaveAdded() {
        LabelFile one = new LabelFile(path);
        LabelFile two = new LabelFile(path);
        one.append(List.of(label(1, "a")));
        assertThat(two.read().edits()).hasSize(1);

        LabelFile.News back = two.append(List.of(label(2, "b")));
        assertThat(back.anew()).isFalse();
        assertThat(back.edits()).extracting(LabelFile.Dated::edit).containsExactly(label(2, "b"));

        assertThat(one.read().edits()).extracting(LabelFile.Dated::edit).containsExactly(label(2, "b"));
        assertThat(one.read().edits()).isEmpty();
    }

    @Test
    void ofTwoEditsOfOneLabelTheLaterOneCountsForBothWriters() {
        LabelFile one = new LabelFile(path);
        LabelFile two = new LabelFile(path);
        LabelBook bookOfOne = one.append(List.of(label(1, "first"))).applyTo(new LabelBook());
        LabelBook bookOfTwo = two.append(List.of(label(1, "second"))).applyTo(new LabelBook());

        bookOfOne = one.append(List.of(new Edit.Star(SAE, 2, true))).applyTo(bookOfOne);
        bookOfTwo = two.read().applyTo(bookOfTwo);

        assertThat(bookOfOne.of(SAE, 1).label()).isEqualTo("second");
        assertThat(bookOfTwo.of(SAE, 1).label()).isEqualTo("second");
        assertThat(bookOfTwo.of(SAE, 2).star()).isTrue();
    }

    @Test
    void writersAtOnceLoseNothing() {
        List<CompletableFuture<Void>> writers = IntStream.range(0, 4)
                .mapToObj(writer -> CompletableFuture.runAsync(() -> {
                    LabelFile file = new LabelFile(path);
                    for (int i = 0; i < 5; i++) {
                        file.append(List.of(label(writer * 100 + i, "by " + writer)));
                    }
                }))
                .toList();
        writers.forEach(CompletableFuture::join);

        assertThat(reread().features(SAE)).hasSize(20);
    }

    @Test
    void aLineThatAKilledProcessHasNotFinishedIsDroppedAndTheRestStays() throws IOException {
        LabelFile file = new LabelFile(path);
        file.append(List.of(label(1, "a"), label(2, "b")));
        byte[] whole = Files.readAllBytes(path);
        byte[] next = EditLine.bytes(label(3, "c"), "");
        for (int cut = 1; cut < next.length - 1; cut++) {
            Files.write(path, whole);
            Files.write(path, java.util.Arrays.copyOf(next, cut), StandardOpenOption.APPEND);

            LabelFile.News read = new LabelFile(path).read();
            assertThat(read.edits()).hasSize(2);
            assertThat(read.damaged()).isEmpty();

            new LabelFile(path).append(List.of(label(4, "d")));
            assertThat(reread().features(SAE)).containsOnlyKeys(1, 2, 4);
            assertThat(new LabelFile(path).read().damaged()).isEmpty();
        }
    }

    @Test
    void aLastLineThatLacksOnlyItsLineFeedIsKept() throws IOException {
        new LabelFile(path).append(List.of(label(1, "a")));
        byte[] all = Files.readAllBytes(path);
        Files.write(path, java.util.Arrays.copyOf(all, all.length - 1));

        new LabelFile(path).append(List.of(label(2, "b")));

        assertThat(reread().features(SAE)).containsOnlyKeys(1, 2);
    }

    @Test
    void damagedLinesAreNamedAndSetAsideAndTheOthersStay() throws IOException {
        LabelFile file = new LabelFile(path);
        file.append(List.of(label(1, "a")));
        Files.writeString(
                path,
                "not JSON at all\n"
                        + "{\"kind\":\"label\",\"checkpoint\":\"x\",\"text\":\"of no feature\"}\n"
                        + "{\"kind\":\"from the future\",\"checkpoint\":\"x\",\"shape\":[1,2]}\n",
                StandardOpenOption.APPEND);
        file.append(List.of(label(2, "b")));

        LabelFile later = new LabelFile(path);
        LabelFile.News news = later.read();
        assertThat(news.edits()).hasSize(2);
        assertThat(news.damaged()).extracting(LabelFile.Damage::number).containsExactly(3, 4);
        assertThat(news.damaged().get(1).why()).isEqualTo("feature is missing or below 0");

        Path aside = later.compact(news.applyTo(new LabelBook()), true);

        assertThat(aside).isEqualTo(path.resolveSibling("labels.jsonl.damaged"));
        assertThat(Files.readAllLines(aside)).hasSize(2).first().isEqualTo("not JSON at all");
        assertThat(Files.readString(path)).contains("from the future").doesNotContain("not JSON");
        assertThat(new LabelFile(path).read().damaged()).isEmpty();
        assertThat(reread().features(SAE)).containsOnlyKeys(1, 2);
    }

    @Test
    void aFileOfOutdatedLinesIsWrittenAnewAndOthersFollow() throws IOException {
        LabelFile file = new LabelFile(path);
        file.append(IntStream.range(0, 3_000)
                .mapToObj(i -> (Edit) label(i % 10, "label " + i))
                .toList());
        LabelFile other = new LabelFile(path);
        LabelBook ofOther = other.read().applyTo(new LabelBook());
        LabelBook book = reread();
        file.read();

        file.compact(book, false);

        assertThat(Files.readAllLines(path)).hasSize(11);
        LabelFile.News news = other.append(List.of(label(99, "after")));
        assertThat(news.anew()).isTrue();
        ofOther = news.applyTo(ofOther);
        assertThat(ofOther.features(SAE)).hasSize(11);
        assertThat(ofOther.of(SAE, 3).label()).isEqualTo("label 2993");
    }

    @Test
    void theFileOfALaterVersionIsRefusedAndLeftAlone() throws IOException {
        Files.createDirectories(path.getParent());
        String later = "{\"kind\":\"labels\",\"version\":2,\"id\":\"x\"}\n";
        Files.writeString(path, later);

        assertThatThrownBy(() -> new LabelFile(path).append(List.of(label(1, "a"))))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("later version");
        assertThat(Files.readString(path)).isEqualTo(later);
    }

    /** A process that adds labels until it is killed, as with kill -9. */
    @Test
    void aProcessThatIsKilledLosesAtMostTheEditUnderWay() throws Exception {
        Process writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Endless.class.getName(),
                        path.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int done = 0;
        try (var told = writer.inputReader(StandardCharsets.UTF_8)) {
            while (done < 40) {
                done = Integer.parseInt(told.readLine());
            }
            writer.destroyForcibly();
            for (String line = told.readLine(); line != null && !line.isEmpty(); line = told.readLine()) {
                done = Integer.parseInt(line);
            }
        } catch (IOException streamEndsWithIt) {
            // what was told before counts
        }
        writer.waitFor();

        LabelBook book = reread();

        assertThat(book.features(SAE).size()).isBetween(done, done + 1);
        new LabelFile(path).append(List.of(label(1_000_000, "after")));
        assertThat(new LabelFile(path).read().damaged()).isEmpty();
    }

    /** Adds one label after another and says so. */
    static final class Endless {
        public static void main(String[] arguments) {
            LabelFile file = new LabelFile(Path.of(arguments[0]));
            for (int i = 0; ; i++) {
                file.append(List.of(label(i, "label " + i)));
                System.out.println(i + 1);
                System.out.flush();
            }
        }
    }
}

package loupe.labels;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Lines are read as the parser reads them, whether they are plain or not. A space after the brace makes none plain. */
class PlainObjectTest {
    private static final List<Edit> EDITS = List.of(
            new Edit.Label("9f", 7, "imported", "colours, of clothes", "somebody", 0.5),
            new Edit.Label("9f", 131_071, "", "Farben über \u4E16\u754C \uD83D\uDE00", "", Double.NaN),
            new Edit.Label("9f", 0, "s", "\uFFFD kept", "a \"quoted\" name", -1.5e-7),
            new Edit.Note("9f", 8, "two\nlines \\ and a tab\t"),
            new Edit.Tag("9f", 9, "to-check", false),
            new Edit.Star("9f", 10, true),
            new Edit.Name("9f", "sae-topk"),
            new Edit.NamedList("9f", "Colours", "Red, blue.", true),
            new Edit.Member("9f", "Colours", 12, 0),
            new Edit.Member("9f", "Colours", 12, -1));

    @Test
    void everyKindOfEditIsReadAsTheParserReadsIt() {
        for (Edit edit : EDITS) {
            byte[] line = EditLine.bytes(edit, "2026-01-31T12:00:00Z");
            assertThat(read(line)).isEqualTo(read(parsed(line))).hasSize(1);
            assertThat(read(line).get(0)).contains(edit.toString());
        }
    }

    @Test
    void damagedAndUnusualLinesAreReadAsTheParserReadsThem() {
        Random random = new Random(5);
        String letters = "{}\"\\:,.0123456789-+eE truefalsn\t\r\n\u00E9";
        for (int i = 0; i < 30_000; i++) {
            byte[] line = EditLine.bytes(EDITS.get(random.nextInt(EDITS.size())), "now");
            StringBuilder text = new StringBuilder(new String(line, StandardCharsets.ISO_8859_1));
            for (int change = random.nextInt(3); change >= 0; change--) {
                int at = 1 + random.nextInt(text.length() - 2);
                int to = Math.min(text.length() - 1, at + random.nextInt(4) * random.nextInt(4));
                char letter = random.nextInt(5) == 0
                        ? (char) (1 + random.nextInt(255))
                        : letters.charAt(random.nextInt(letters.length()));
                text.replace(at, to, random.nextInt(4) == 0 ? "" : String.valueOf(letter));
            }
            line = text.toString().getBytes(StandardCharsets.ISO_8859_1);
            assertThat(read(line)).as(text.toString()).isEqualTo(read(parsed(line)));
        }
    }

    @Test
    void plainAndOtherLinesMayFollowOneAnotherInAnyOrder() {
        Random random = new Random(6);
        StringBuilder lines = new StringBuilder();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            byte[] line = EditLine.bytes(EDITS.get(random.nextInt(EDITS.size())), "then");
            byte[] one = random.nextInt(3) == 0
                    ? parsed(line)
                    : random.nextInt(9) == 0 ? "{\"\n".getBytes(StandardCharsets.UTF_8) : line;
            lines.append(new String(one, StandardCharsets.UTF_8));
            lines.append(random.nextInt(10) == 0 ? " \r\n" : "");
            expected.addAll(read(one));
        }
        assertThat(read(lines.toString().getBytes(StandardCharsets.UTF_8))).isEqualTo(expected);
    }

    private static byte[] parsed(byte[] line) {
        byte[] spaced = new byte[line.length + 1];
        spaced[0] = '{';
        spaced[1] = ' ';
        System.arraycopy(line, 1, spaced, 2, line.length - 1);
        return spaced;
    }

    private static List<String> read(byte[] lines) {
        List<String> read = new ArrayList<>();
        EditLine.readAll(lines, 0, lines.length, new EditLine.Visitor() {
            @Override
            public void line(EditLine line, int from, int to) {
                assertThat(lines[to]).isEqualTo((byte) '\n');
                read.add(line.toString());
            }

            @Override
            public void broken(String why, int from, int to) {
                read.add("broken: " + why);
            }
        });
        return read;
    }
}

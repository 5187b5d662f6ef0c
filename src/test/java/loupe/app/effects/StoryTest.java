package loupe.app.effects;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import loupe.app.command.CommandRun;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page that tells what features of the sample do quotes what its commands print. */
@Timeout(120)
class StoryTest {
    private static final String PROGRAM = "packaging/sae-loupe ";
    private static final String CHECKPOINT =
            "--model sample-checkpoints/glossary --sae sample-checkpoints/sae-topk --threads 1 --quiet";
    /** Commands that need no index and take less than a second each; of one feature, to be quick. */
    private static final Pattern CHEAP = Pattern.compile("(text|effect|steer) \\$M --text .*866.*");

    private static final Pattern BLOCK = Pattern.compile("^```text\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

    @Test
    void itsCheapCommandsPrintTheLinesThatItQuotes() throws IOException {
        String page = Files.readString(Path.of("src/site/markdown/story.md"));
        int tried = 0;
        for (String block : BLOCK.matcher(page)
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList()) {
            List<String> lines = block.lines().toList();
            String command = lines.get(0).replace("$ " + PROGRAM, "");
            if (!CHEAP.matcher(command).matches()) {
                continue;
            }
            CommandRun done = CommandRun.of(words(command.replace("$M", CHECKPOINT)));
            assertThat(done.code).as(done.err).isZero();
            List<String> printed = done.out.lines().toList();
            assertThat(lines.subList(1, lines.size()))
                    .as(command)
                    .isNotEmpty()
                    .allSatisfy(quoted -> assertThat(printed).anyMatch(line -> begins(line, quoted)));
            tried++;
        }
        assertThat(tried).isEqualTo(3);
    }

    @Test
    void aLineOfOtherNumbersIsNotTheOneQuoted() {
        assertThat(begins("  or  0.503003  more", " or 0.503")).isTrue();
        assertThat(begins("  or  0.503003  more", " or 0.513")).isFalse();
        assertThat(begins("  or", " or 0.513")).isFalse();
    }

    private static Object[] words(String command) {
        List<Object> words = new ArrayList<>();
        WORD.matcher(command)
                .results()
                .forEach(word -> words.add(word.group(1) == null ? word.group(2) : word.group(1)));
        return words.toArray();
    }

    /** Whether a printed line begins with the words of a quoted one, its numbers to a thousandth. */
    private static boolean begins(String printed, String quoted) {
        List<String> said = Arrays.asList(printed.strip().split("\\s+"));
        List<String> wanted = Arrays.asList(quoted.strip().split("\\s+"));
        if (said.size() < wanted.size()) {
            return false;
        }
        for (int i = 0; i < wanted.size(); i++) {
            if (!alike(said.get(i), wanted.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean alike(String said, String wanted) {
        if (said.equals(wanted)) {
            return true;
        }
        try {
            double number = Double.parseDouble(wanted);
            return Math.abs(Double.parseDouble(said) - number) <= 1e-3 * Math.max(1e-2, Math.abs(number));
        } catch (NumberFormatException e) {
            return false;
        }
    }
}

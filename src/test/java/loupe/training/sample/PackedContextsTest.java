package loupe.training.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import loupe.training.lm.TrainingContexts;
import org.junit.jupiter.api.Test;

class PackedContextsTest {
    /** Every character is a token, so that contexts can be read as text. */
    private static TrainingText text(int words, TrainingText.Weighting weighting) {
        List<Definition> rows = IntStream.range(0, words)
                .mapToObj(i -> new Definition(String.valueOf((char) (1000 + i)), "n", "definition " + i, List.of()))
                .toList();
        return new TrainingText(rows, s -> s.chars().toArray(), weighting);
    }

    private static TrainingText text(int words) {
        return text(words, TrainingText.Weighting.EVEN);
    }

    private static String words(long[] tokens, int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append(tokens[i] == 0 ? '|' : (char) tokens[i]);
        }
        return text.toString();
    }

    @Test
    void contextsBeginWithADocumentEverySecondOneAfterASeparator() {
        PackedContexts contexts = new PackedContexts(text(50), 64, 1, 1);
        for (int i = 0; i < 20; i++) {
            String context = words(contexts.next(1).inputs(), 0, 64);
            assertThat(context.startsWith("|")).isEqualTo(i % 2 == 1);
            assertThat(context.replaceFirst("^\\|", "")).matches("(?s)(A typical|.: |The word).*");
        }
    }

    @Test
    void definitionsAndTheirClosingQuoteAlwaysCountAndNothingElseDoesAtShareZero() {
        PackedContexts contexts = new PackedContexts(text(50), 400, 1, 0);
        TrainingContexts.Batch batch = contexts.next(1);
        StringBuilder counted = new StringBuilder();
        for (long target : batch.targets()) {
            counted.append((char) target);
        }
        assertThat(counted.toString())
                .matches("(definition \\d+\")+(d|de|def|defi|defin|defini|definit|definiti|definitio|definition( "
                        + "\\d*)?)?");
        for (int i = 0; i < batch.places().length; i++) {
            if (batch.places()[i] + 1 < batch.inputs().length) {
                assertThat(batch.inputs()[(int) batch.places()[i] + 1]).isEqualTo(batch.targets()[i]);
            }
        }
    }

    @Test
    void goingOnFromAPositionGivesTheSameContexts() {
        PackedContexts whole = new PackedContexts(text(30), 100, 7, 0.5);
        for (int i = 0; i < 25; i++) {
            whole.next(3);
        }
        PackedContexts resumed = new PackedContexts(text(30), 100, 7, 0.5);
        resumed.goTo(whole.position());
        for (int i = 0; i < 25; i++) {
            TrainingContexts.Batch expected = whole.next(3);
            TrainingContexts.Batch found = resumed.next(3);
            assertThat(found.inputs()).isEqualTo(expected.inputs());
            assertThat(found.places()).isEqualTo(expected.places());
        }
        assertThat(resumed.position()).isEqualTo(whole.position());
    }

    @Test
    void aWeightIsHowOftenADocumentComesPerEpoch() {
        PackedContexts half = new PackedContexts(text(1000, new TrainingText.Weighting(9, 9, 0.5, 9, 9, 9)), 64, 3, 1);
        PackedContexts more = new PackedContexts(text(1000, new TrainingText.Weighting(9, 9, 2.25, 9, 9, 9)), 64, 3, 1);
        assertThat(half.documentsPerEpoch()).isBetween(450, 550);
        assertThat(more.documentsPerEpoch()).isBetween(2200, 2300);
    }

    @Test
    void aDocumentLongerThanAContextDoesNotHoldUpTheStream() {
        List<Definition> rows = List.of(
                new Definition("w", "n", "x".repeat(500), List.of()), new Definition("w", "n", "short", List.of()));
        PackedContexts contexts = new PackedContexts(
                new TrainingText(rows, s -> s.chars().toArray(), TrainingText.Weighting.EVEN), 64, 1, 1);
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            seen.add(words(contexts.next(1).inputs(), 0, 64));
        }
        assertThat(contexts.position().epoch()).isGreaterThan(1);
        assertThat(seen.stream().filter(s -> s.contains("short")).count()).isGreaterThan(2);
        assertThat(Arrays.stream(contexts.next(1).inputs()).allMatch(token -> token < 128))
                .isTrue();
    }

    @Test
    void whatAModelWroteIsReadBackByItsWording() {
        TrainingText text = text(3);
        String[] written = {
            "A typical definition of \"otter\" would be \"a wet one\"", "otter: \"a wet one\"", "the otter swam"
        };
        text.add(java.util.Arrays.stream(written).map(s -> s.chars().toArray()).toList());
        for (int i = 0; i < 3; i++) {
            TrainingText.Sentence sentence = text.sentence(text.size() - 3 + i, DefinitionWording.MEANING);
            String definition = new String(sentence.tokens(), sentence.start(), sentence.end() - sentence.start());
            assertThat(definition).isEqualTo(i < 2 ? "a wet one" : "the otter swa");
        }
    }
}

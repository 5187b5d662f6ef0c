package loupe.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import loupe.labels.Edit;
import loupe.labels.LabelBook;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FeatureSearchTest {
    private static final String SAE = "abc";

    private final LabelBook book = new LabelBook();
    private FeatureSearch search;

    @BeforeEach
    void sixFeatures() {
        WordIndex.Builder promoted = new WordIndex.Builder(6);
        promoted.add(SearchField.PROMOTED, 0, "hundred  thousand");
        promoted.add(SearchField.PROMOTED, 1, "Red  blue");
        promoted.add(SearchField.PROMOTED, 2, "redder  ->");
        promoted.add(SearchField.PROMOTED, 3, "covered  remove");
        WordIndex.Builder corpus = new WordIndex.Builder(6);
        corpus.add(
                SearchField.EXAMPLE,
                0,
                "she wore a long dress of red silk and nothing else that day in May, as he said");
        corpus.add(SearchField.TOKEN, 4, "rouge  rot");
        book.apply(Edit.Label.own(SAE, 5, "the colour Red"), "");
        book.apply(new Edit.Tag(SAE, 4, "colour", true), "");
        book.apply(new Edit.Star(SAE, 3, true), "");
        search = new FeatureSearch(6, List.of(promoted.build(), corpus.build()), book.features(SAE));
    }

    private int[] find(String typed) {
        return search.find(SearchQuery.parse(typed));
    }

    @Test
    void wholeWordsComeBeforeBeginningsAndPartsAndLabelsBeforeTheRest() {
        assertThat(find("red")).containsExactly(5, 1, 0, 2, 3);
    }

    @Test
    void everyWordHasToBeFoundSomewhere() {
        assertThat(find("red silk")).containsExactly(0);
        assertThat(find("red blue colour")).isEmpty();
        assertThat(find("")).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void aWordCanBeLookedForInOneField() {
        assertThat(find("label:red")).containsExactly(5);
        assertThat(find("tag:colour")).containsExactly(4);
        assertThat(find("promotes:red")).containsExactly(1, 2, 0, 3);
        assertThat(find("label:")).containsExactly(5);
        assertThat(find("star")).containsExactly(3);
        assertThat(find("star red")).containsExactly(3);
    }

    @Test
    void signsAndSingleLettersAreFoundAsWords() {
        assertThat(find("->")).containsExactly(2);
        assertThat(find("a")).containsExactly(0);
        assertThat(find("d")).isEmpty();
    }

    @Test
    void aLabelIsFoundAsSoonAsItIsWritten() {
        book.apply(Edit.Label.own(SAE, 2, "brand new"), "");

        assertThat(find("brand")).containsExactly(2);
    }

    @Test
    void aResultSaysWhereTheWordWasFoundBestAndMarksIt() {
        assertThat(search.why(1, SearchQuery.parse("red")).get(0).plain()).isEqualTo("promotes: [Red]  blue");
        assertThat(search.why(5, SearchQuery.parse("red")).get(0).plain()).isEqualTo("label: the colour [Red]");
        FeatureSearch.Reason example = search.why(0, SearchQuery.parse("red")).get(0);
        assertThat(example.plain())
                .isEqualTo("in an example: she wore a long dress of [red] silk and nothing else that day in May, "
                        + "as he said");
        assertThat(search.why(4, SearchQuery.parse("rot colour")))
                .extracting(FeatureSearch.Reason::plain)
                .containsExactly("tag: [colour]", "active at: rouge  [rot]");
    }

    @Test
    void aTextThatIsCutBetweenTwoPassagesHasOneEllipsisThere() {
        String passage = "one two three four five \u2026 ";
        for (int before = 3; before < 12; before++) {
            WordIndex.Builder passages = new WordIndex.Builder(1);
            passages.add(
                    SearchField.EXAMPLE,
                    0,
                    passage.repeat(3) + "w".repeat(before) + " needle " + "w".repeat(before) + " " + passage.repeat(6)
                            + "end");
            String text = new FeatureSearch(1, List.of(passages.build()), Map.of())
                    .why(0, SearchQuery.parse("needle"))
                    .get(0)
                    .text();
            assertThat(text.replace(" ", ""))
                    .startsWith("\u2026")
                    .endsWith("\u2026")
                    .doesNotContain("\u2026\u2026");
        }
    }

    @Test
    void aLongTextIsCutAroundTheWord() {
        WordIndex.Builder long0 = new WordIndex.Builder(1);
        long0.add(SearchField.EXAMPLE, 0, "word ".repeat(40) + "needle" + " hay".repeat(40));
        FeatureSearch.Reason reason = new FeatureSearch(1, List.of(long0.build()), Map.of())
                .why(0, SearchQuery.parse("needle"))
                .get(0);

        assertThat(reason.plain()).contains("word [needle] hay").startsWith("in an example: \u2026");
        assertThat(reason.text().length()).isLessThan(95);
    }
}

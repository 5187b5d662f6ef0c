package loupe.labels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LabelBookTest {
    private static final String SAE = "abc";

    private final LabelBook book = new LabelBook();

    private void apply(Edit... edits) {
        for (Edit edit : edits) {
            book.apply(edit, "2025-01-31T12:00:00Z");
        }
    }

    @Test
    void aFeatureGoesByTheOwnLabelThenByTheImportedOneWithTheBestScore() {
        apply(
                new Edit.Label(SAE, 1, "b", "low", "", 0.2),
                new Edit.Label(SAE, 1, "a", "none", "", Double.NaN),
                new Edit.Label(SAE, 1, "c", "high", "", 0.9));
        assertThat(book.of(SAE, 1).label()).isEqualTo("high");

        apply(Edit.Label.own(SAE, 1, "mine"));
        assertThat(book.of(SAE, 1).label()).isEqualTo("mine");
        assertThat(book.of(SAE, 1).labels()).hasSize(4);
    }

    @Test
    void nothingIsKeptOfAFeatureThatHasNothingAnyMore() {
        apply(
                Edit.Label.own(SAE, 1, "mine"),
                new Edit.Star(SAE, 1, true),
                Edit.Label.own(SAE, 1, ""),
                new Edit.Star(SAE, 1, false));

        assertThat(book.features(SAE)).isEmpty();
    }

    @Test
    void whatAnEditChangesComesBack() {
        apply(
                Edit.Label.own(SAE, 1, "mine"),
                new Edit.Tag(SAE, 1, "x", true),
                new Edit.NamedList(SAE, "L", "text", true),
                new Edit.Member(SAE, "L", 5, 0),
                new Edit.Member(SAE, "L", 6, 1));
        FeatureNotes before = book.of(SAE, 1);
        FeatureList list = book.list(SAE, "L");
        for (Edit edit : List.<Edit>of(
                Edit.Label.own(SAE, 1, "other"),
                new Edit.Label(SAE, 1, "source", "imported", "author", 1),
                new Edit.Note(SAE, 1, "note"),
                new Edit.Tag(SAE, 1, "x", false),
                new Edit.Tag(SAE, 1, "y", true),
                new Edit.Star(SAE, 1, true),
                new Edit.NamedList(SAE, "L", "", false),
                new Edit.NamedList(SAE, "L", "another text", true),
                new Edit.NamedList(SAE, "M", "", true),
                new Edit.Member(SAE, "L", 5, -1),
                new Edit.Member(SAE, "L", 5, 1),
                new Edit.Member(SAE, "L", 7, 2))) {
            List<Edit> undoing = edit.undoing(book);
            assertThat(edit.changesNothing(book)).as(edit.toString()).isFalse();
            apply(edit);
            undoing.forEach(this::apply);

            assertThat(book.of(SAE, 1)).as(edit.toString()).isEqualTo(before);
            assertThat(book.lists(SAE)).as(edit.toString()).containsExactly(list);
        }
    }

    @Test
    void anEditOfWhatIsSoAlreadyChangesNothing() {
        apply(Edit.Label.own(SAE, 1, "mine"));

        assertThat(Edit.Label.own(SAE, 1, "mine").changesNothing(book)).isTrue();
        assertThat(new Edit.Star(SAE, 1, false).changesNothing(book)).isTrue();
        assertThat(Edit.Label.own(SAE, 2, "").changesNothing(book)).isTrue();
    }
}

package loupe.labels;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One change of what is written down, and one line of the file. Edits say what holds from now on, not what was before,
 * so that the later of two of the same thing counts, whoever made it.
 */
public sealed interface Edit {
    /** The most letters of a label, a tag or the name of a list. */
    int MOST_LETTERS = 1_000;
    /** The most letters of a note or of a list's text. */
    int MOST_IN_A_TEXT = 100_000;

    /** The checkpoint it is about, by its weights. */
    String checkpoint();

    /** Whether the book would be the same with this edit as without. */
    default boolean changesNothing(LabelBook book) {
        return undoing(book).equals(List.of(this));
    }

    /** The edits that would bring back what this one changes. */
    List<Edit> undoing(LabelBook book);

    /** A change about one feature. */
    sealed interface OfFeature extends Edit {
        int feature();

        /** What is written down about the feature afterwards. */
        FeatureNotes on(FeatureNotes was, String at);

        /** The edit of this kind that would make what is written down as it is. */
        OfFeature as(FeatureNotes is);

        @Override
        default List<Edit> undoing(LabelBook book) {
            return List.of(as(book.of(checkpoint(), feature())));
        }
    }

    /** What a checkpoint is called, for those who read the file. */
    record Name(String checkpoint, String name) implements Edit {
        public Name {
            name = limited("name of a checkpoint", oneLine(name), MOST_LETTERS);
        }

        @Override
        public List<Edit> undoing(LabelBook book) {
            return List.of(new Name(checkpoint, book.name(checkpoint)));
        }
    }

    /**
     * A feature's label from one source. Each source has one; an empty text takes it away.
     *
     * @param source who or what it comes from; empty for the user's own
     * @param author the person or program that wrote it; empty if that is not said
     * @param score how well it explains the feature, by the source's own measure; NaN if that is not said
     */
    record Label(String checkpoint, int feature, String source, String text, String author, double score)
            implements OfFeature {
        public Label {
            text = limited("label", oneLine(text), MOST_LETTERS);
            source = limited("source of a label", oneLine(source), MOST_LETTERS);
            author = limited("author of a label", oneLine(author), MOST_LETTERS);
        }

        /** The user's own label. */
        public static Label own(String checkpoint, int feature, String text) {
            return new Label(checkpoint, feature, "", text, "", Double.NaN);
        }

        @Override
        public FeatureNotes on(FeatureNotes was, String at) {
            return was.with(this, at);
        }

        @Override
        public OfFeature as(FeatureNotes is) {
            return is.label(source).orElseGet(() -> new Label(checkpoint, feature, source, "", "", Double.NaN));
        }
    }

    /** The notes on a feature; an empty text takes them away. */
    record Note(String checkpoint, int feature, String text) implements OfFeature {
        public Note {
            text = limited("note", text.strip(), MOST_IN_A_TEXT);
        }

        @Override
        public FeatureNotes on(FeatureNotes was, String at) {
            return new FeatureNotes(was.labels(), text, was.tags(), was.star(), at);
        }

        @Override
        public OfFeature as(FeatureNotes is) {
            return new Note(checkpoint, feature, is.note());
        }
    }

    /** A tag that a feature has, or has no more. */
    record Tag(String checkpoint, int feature, String tag, boolean on) implements OfFeature {
        public Tag {
            tag = limited("tag", word(tag), MOST_LETTERS);
        }

        /** A tag as it is kept: lower case, with hyphens for spaces. */
        public static String word(String typed) {
            return typed.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s,;]+", "-");
        }

        @Override
        public FeatureNotes on(FeatureNotes was, String at) {
            return was.with(this, at);
        }

        @Override
        public OfFeature as(FeatureNotes is) {
            return new Tag(checkpoint, feature, tag, is.tags().contains(tag));
        }
    }

    /** Whether a feature is starred. */
    record Star(String checkpoint, int feature, boolean on) implements OfFeature {
        @Override
        public FeatureNotes on(FeatureNotes was, String at) {
            return new FeatureNotes(was.labels(), was.note(), was.tags(), on, at);
        }

        @Override
        public OfFeature as(FeatureNotes is) {
            return new Star(checkpoint, feature, is.star());
        }
    }

    /**
     * A list of features, or that there is none of this name any more.
     *
     * @param text that its members are tried on
     */
    record NamedList(String checkpoint, String list, String text, boolean on) implements Edit {
        public NamedList {
            list = limited("name of a list", oneLine(list), MOST_LETTERS);
            text = limited("text of a list", text, MOST_IN_A_TEXT);
        }

        @Override
        public List<Edit> undoing(LabelBook book) {
            FeatureList is = book.list(checkpoint, list);
            if (is == null) {
                return List.of(new NamedList(checkpoint, list, "", false));
            }
            List<Edit> edits = new ArrayList<>();
            edits.add(new NamedList(checkpoint, list, is.text(), true));
            if (!on) {
                edits.addAll(is.edits(checkpoint));
            }
            return edits;
        }
    }

    /**
     * Puts a feature at a place in a list, from another place if it is in it already. The list is made if it is not
     * there.
     *
     * @param place from 0, at most behind the last; -1 takes the feature out
     */
    record Member(String checkpoint, String list, int feature, int place) implements Edit {
        public Member {
            list = limited("name of a list", oneLine(list), MOST_LETTERS);
        }

        @Override
        public List<Edit> undoing(LabelBook book) {
            FeatureList is = book.list(checkpoint, list);
            return is == null
                    ? List.of(new NamedList(checkpoint, list, "", false))
                    : List.of(new Member(checkpoint, list, feature, is.members().indexOf(feature)));
        }
    }

    private static String oneLine(String text) {
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            if (letter == '\n' || letter == '\r' || letter == '\t') {
                return text.replaceAll("\\s+", " ").strip();
            }
        }
        return text.strip();
    }

    private static String limited(String what, String text, int most) {
        if (text.length() > most) {
            throw new IllegalArgumentException("the " + what + " has " + text.length() + " letters, more than " + most);
        }
        return text;
    }
}

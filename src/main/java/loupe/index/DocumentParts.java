package loupe.index;

import loupe.base.CheckpointException;
import loupe.lm.tokenizer.LongStretchException;

/**
 * Passes on the documents of a file in parts of bounded size, without the white space at their ends. Of a document no
 * more is in memory than a part, and the white space that may turn out to be its end. One thread.
 */
final class DocumentParts {
    /** The most characters of a part. */
    static final int LONGEST = 1 << 16;

    /** White space that is kept; more than any tokenizer can read at once. */
    private static final int MOST_SPACE = 1 << 23;

    private final Documents file;
    private final Corpus.Taking taking;
    private final StringBuilder space = new StringBuilder();
    private boolean spaceLost;
    private long place;
    private boolean begun;

    DocumentParts(Documents file, Corpus.Taking taking) {
        this.file = file;
        this.taking = taking;
    }

    /** Says at which document, line or row of the file the reading is, counted from one. */
    void in(long here) {
        place = here;
    }

    /** Where the reading is, such as {@code line 3}. */
    String where() {
        return file.place() + " " + place;
    }

    /**
     * Reads on in a document.
     *
     * @return whether more is wanted
     * @throws CheckpointException if there is too much without a place to cut it
     */
    boolean add(String text) {
        int first = begun ? 0 : text.length() - text.stripLeading().length();
        int last = text.stripTrailing().length();
        if (last > first) {
            begun = true;
            if (spaceLost) {
                throw refused("has more than " + MOST_SPACE + " characters of white space in a row", "Remove them");
            }
            if (!pass(space.toString())) {
                return false;
            }
            space.setLength(0);
            if (!pass(text.substring(first, last))) {
                return false;
            }
        }
        if (begun) {
            spaceLost |= space.length() + text.length() - last > MOST_SPACE;
            space.append(text, last, spaceLost ? last : text.length());
        }
        return true;
    }

    /**
     * Ends a document; one that was empty has not been there.
     *
     * @return whether more are wanted
     */
    boolean end() {
        boolean any = begun;
        begun = false;
        spaceLost = false;
        space.setLength(0);
        try {
            return !any || taking.end();
        } catch (LongStretchException e) {
            throw refused("has " + e.found(), e.advice());
        }
    }

    private boolean pass(String text) {
        for (int from = 0; from < text.length(); from += LONGEST) {
            try {
                if (!taking.add(text.substring(from, Math.min(text.length(), from + LONGEST)))) {
                    return false;
                }
            } catch (LongStretchException e) {
                throw refused("has " + e.found(), e.advice());
            }
        }
        return true;
    }

    private CheckpointException refused(String found, String advice) {
        return new CheckpointException(file.file, where() + " " + found, "", advice);
    }
}

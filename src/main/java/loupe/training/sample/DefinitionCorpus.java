package loupe.training.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import loupe.base.CheckpointException;
import loupe.base.RegularFile;
import loupe.base.Utf8Text;

/**
 * The definitions file, split in two by definition text: synonyms share a definition, so that splitting by lemma would
 * put the same text on both sides. Whether a text is held out depends on a hash of it alone.
 *
 * @param training rows whose definition may be learned
 * @param heldOut rows whose definition is never shown
 */
record DefinitionCorpus(List<Definition> training, List<Definition> heldOut) {
    /** One definition text in this many is held out. */
    static final int HELD_OUT_ONE_IN = 50;

    /**
     * Reads rows of lemma, part of speech, definition and examples (joined by {@code " | "}), separated by tabs.
     * Repeated rows count once.
     *
     * @throws CheckpointException if a line has not four columns, or there is no line
     */
    static DefinitionCorpus read(Path file) throws IOException {
        Set<Definition> rows = new LinkedHashSet<>();
        try (BufferedReader reader = Utf8Text.reader(Files.newInputStream(RegularFile.require(file)))) {
            int lineNumber = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lineNumber++;
                String[] columns = line.split("\t", -1);
                if (columns.length != 4) {
                    throw new CheckpointException(
                            file,
                            "line " + lineNumber + " has " + columns.length + " columns",
                            "4: lemma, part of speech, definition, examples",
                            "Put a tab between the columns");
                }
                List<String> examples = columns[3].isBlank() ? List.of() : List.of(columns[3].split(" \\| "));
                rows.add(new Definition(columns[0].strip(), columns[1].strip(), columns[2].strip(), examples));
            }
        } catch (CharacterCodingException e) {
            throw new CheckpointException(file, "this is not UTF-8 text", "plain UTF-8 text", "Convert it to UTF-8", e);
        }
        if (rows.isEmpty()) {
            throw new CheckpointException(
                    file,
                    "the file is empty",
                    "lines of lemma, part of speech, definition, examples",
                    "Choose another file");
        }
        return split(rows);
    }

    static DefinitionCorpus split(Iterable<Definition> rows) {
        List<Definition> training = new ArrayList<>();
        List<Definition> heldOut = new ArrayList<>();
        for (Definition row : rows) {
            (isHeldOut(row.text()) ? heldOut : training).add(row);
        }
        return new DefinitionCorpus(List.copyOf(training), List.copyOf(heldOut));
    }

    /** Whether this text is held out: decided by an FNV-1a hash of it without case, blanks and punctuation. */
    static boolean isHeldOut(String text) {
        long hash = 0xcbf29ce484222325L;
        for (char c : text.toLowerCase(java.util.Locale.ROOT).toCharArray()) {
            if (Character.isLetterOrDigit(c)) {
                hash = (hash ^ c) * 0x100000001b3L;
            }
        }
        return Long.remainderUnsigned(hash ^ hash >>> 32, HELD_OUT_ONE_IN) == 0;
    }
}

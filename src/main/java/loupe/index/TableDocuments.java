package loupe.index;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;
import loupe.base.HeapRoom;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;

/** The documents of a table, one a row, in a column of text: CSV, TSV (the first line names the columns) or Parquet. */
final class TableDocuments extends Documents {
    /**
     * Characters of a text that the database hands over at a time, with those of some two thousand others, in native
     * code that makes strings of them. Longer texts come in as many pieces as {@link #PIECES}, because each is looked
     * for from the text's beginning.
     */
    private static final int PIECE = 1 << 14;

    private static final int PIECES = 128;

    /** What the database passes on when Java could make no more strings of what it handed over. */
    private static final String HEAP_FULL = "Java heap space";

    /** Where the database found something wrong. */
    private static final Pattern LINE = Pattern.compile("CSV Error on Line: (\\d+)");

    /** What the database says of a longer row than it was told of, without its right place. */
    private static final String TOO_LONG = "Maximum line size";

    private static final Map<String, String> COMPRESSIONS = Map.of("", "none", ".gz", "gzip", ".zst", "zstd");

    private final String column;

    TableDocuments(Path file, String column) {
        super(file);
        this.column = column;
    }

    @Override
    boolean forEach(DocumentParts parts) {
        if (compression(file).equals(".bz2")) {
            throw new CheckpointException(
                    file, "tables compressed as .bz2 are not read", KINDS, "Decompress it, or compress it as .gz");
        }
        if (!ending(file).equals(".parquet")) {
            requireText();
        }
        try (Connection connection = Database.reading(file, List.of("SET threads = 1", "SET memory_limit = '1GB'"));
                Statement statement = connection.createStatement()) {
            List<String> columns = columns(statement);
            if (!columns.contains(column)) {
                throw new CheckpointException(
                        file,
                        "there is no column " + column,
                        "one of " + String.join(", ", columns),
                        "Name the column that has the text",
                        Remedy.give(Choice.TEXT_COLUMN));
            }
            try (ResultSet pieces = statement.executeQuery(pieces())) {
                return forEach(pieces, parts);
            }
        } catch (SQLException e) {
            if (String.valueOf(e.getMessage()).contains(HEAP_FULL)) {
                throw HeapRoom.refusal(file + ", " + parts.where() + ",", e);
            }
            if (String.valueOf(e.getMessage()).contains(TOO_LONG)) {
                throw new CheckpointException(
                        file,
                        "the row that begins in line " + longRow() + " has more than " + LONGEST + " bytes",
                        "no more than that in a row",
                        SHORTEN,
                        e);
            }
            if (!ending(file).equals(".parquet")) {
                requireUtf8();
            }
            throw new CheckpointException(
                    file,
                    reason(String.valueOf(e.getMessage())),
                    "a table in UTF-8 with its columns' names in the first line, or Parquet",
                    "Mend the file, or export it again",
                    e);
        }
    }

    private void requireText() {
        try (BufferedReader reader = open()) {
            if (reader.read() < 0) {
                throw new CheckpointException(
                        file,
                        "the file is empty",
                        "a table with its columns' names in the first line",
                        "Choose another file");
            }
        } catch (CharacterCodingException e) {
            requireUtf8();
        } catch (IOException e) {
            throw Corpus.unreadable(file, e);
        }
    }

    /**
     * Looks for what the database does not tell, or not with its place: compressed data that is damaged, and a line
     * that is not UTF-8.
     */
    private void requireUtf8() {
        try (InputStream bytes = new BufferedInputStream(CompressedFile.open(file, compression(file)), 1 << 16)) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            long number = 1;
            for (int next; (next = bytes.read()) >= 0 && line.size() <= LONGEST; ) {
                line.write(next);
                if (next == '\n') {
                    requireUtf8(number++, line);
                    line.reset();
                }
            }
            requireUtf8(number, line);
        } catch (IOException e) {
            throw Corpus.unreadable(file, e);
        }
    }

    private void requireUtf8(long number, ByteArrayOutputStream line) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line.toByteArray()));
        } catch (CharacterCodingException e) {
            throw new CheckpointException(
                    file, "line " + number + " is not UTF-8 text", "a table in UTF-8", "Convert it to UTF-8", e);
        }
    }

    /** What the database found wrong, without its proposals of settings that this program does not have. */
    private static String reason(String message) {
        if (message.contains("Error when sniffing file")) {
            return "the quotes or columns of its rows do not fit together";
        }
        Matcher line = LINE.matcher(message);
        if (line.find()) {
            List<String> said = message.split("Possible (Solution|fixes)", 2)[0]
                    .strip()
                    .lines()
                    .toList();
            return "line " + line.group(1) + ": " + said.get(said.size() - 1).strip();
        }
        return "the table cannot be read ("
                + message.lines().findFirst().orElse("").strip() + ")";
    }

    /** The texts in pieces: the piece, at which character it begins, and how many bytes all of the text has. */
    private String pieces() {
        String cast = "CAST(\"" + column.replace("\"", "\"\"") + "\" AS VARCHAR)";
        return "SELECT CASE WHEN strlen(text) <= " + LONGEST + " THEN substring(text, first + 1, step) END, first, "
                + "strlen(text) FROM (SELECT text, step, unnest(range(0, CASE WHEN text IS NULL OR strlen(text) > "
                + LONGEST + " THEN 1 ELSE greatest(length(text), 1) END, step)) AS first FROM (SELECT text, "
                + "greatest(coalesce(strlen(text), 0) // " + PIECES + ", " + PIECE + ") AS step FROM (SELECT " + cast
                + " AS text" + from() + ")))";
    }

    private boolean forEach(ResultSet pieces, DocumentParts parts) throws SQLException {
        long row = 0;
        while (pieces.next()) {
            if (pieces.getLong(2) == 0) {
                if (!parts.end()) {
                    return false;
                }
                parts.in(++row);
            }
            long bytes = pieces.getLong(3);
            if (bytes > LONGEST) {
                throw new CheckpointException(
                        file,
                        "row " + row + " has a text of " + bytes + " bytes",
                        "at most " + LONGEST + " bytes in a cell",
                        SHORTEN);
            }
            String piece = pieces.getString(1);
            if (piece != null && !parts.add(piece)) {
                return false;
            }
        }
        return parts.end();
    }

    /** The line, counted from one, in which the first row begins that is too long. */
    private long longRow() {
        try (BufferedReader reader = open()) {
            long line = 1;
            long begun = 1;
            long bytes = 0;
            boolean quoted = false;
            for (int next; (next = reader.read()) >= 0 && bytes <= LONGEST; ) {
                quoted ^= next == '"';
                line += next == '\n' ? 1 : 0;
                bytes += next < 0x80 ? 1 : next < 0x800 || Character.isSurrogate((char) next) ? 2 : 3;
                if (next == '\n' && !quoted) {
                    begun = line;
                    bytes = 0;
                }
            }
            return begun;
        } catch (IOException e) {
            throw Corpus.unreadable(file, e);
        }
    }

    private List<String> columns(Statement statement) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (ResultSet described = statement.executeQuery("DESCRIBE SELECT *" + from())) {
            while (described.next()) {
                columns.add(described.getString(1));
            }
        }
        return columns;
    }

    private String from() {
        if (ending(file).equals(".parquet")) {
            return Database.fromParquet(file);
        }
        return " FROM read_csv(" + Database.pattern(file)
                // otherwise found from the path, in which it takes a question mark for the end of an address
                + ", compression = '" + COMPRESSIONS.get(compression(file))
                + "', hive_partitioning = false, header = true, all_varchar = true, delim = '"
                + (ending(file).equals(".tsv") ? "\\t" : ",") + "', quote = '\"', escape = '\"', max_line_size = "
                + LONGEST + ", buffer_size = " + 2 * LONGEST + ")";
    }

    @Override
    String place() {
        return "row";
    }
}

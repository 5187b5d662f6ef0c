package loupe.index;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.stream.Collectors;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import org.jspecify.annotations.Nullable;

/**
 * Finds the activations at given tokens, for one autoencoder: from {@code by-token.bin}, or, in an index that was
 * written before there was such a file, by a search through all activations, which takes as long as reading them. Not
 * thread-safe.
 */
final class TokenLookUp implements AutoCloseable {
    private final Path folder;
    private final Parquet parquet;
    private final @Nullable ActivationsByToken byToken;

    /**
     * @param folder of the autoencoder in the index
     * @param features of the autoencoder
     * @throws CheckpointException if the file is there and damaged
     */
    TokenLookUp(Path folder, int features, long tokens, Parquet parquet) {
        this.folder = folder;
        this.parquet = parquet;
        Path file = folder.resolve(ActivationsByToken.FILE);
        try {
            byToken = Files.exists(file) ? new ActivationsByToken(file, features, tokens) : null;
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    /**
     * Passes every activation at some tokens to a visitor, those of a token by feature.
     *
     * @param at ascending
     */
    void forEach(int[] at, ActivationsByToken.Visitor visitor) {
        try {
            if (byToken != null) {
                byToken.forEach(at, visitor);
            } else if (at.length > 0) {
                search(at, visitor);
            }
        } catch (IOException | SQLException e) {
            throw damaged(e);
        }
    }

    private void search(int[] at, ActivationsByToken.Visitor visitor) throws SQLException {
        try (Statement statement = parquet.connection().createStatement();
                ResultSet rows = statement.executeQuery("SELECT token, feature, activation"
                        + Database.fromParquet(folder.resolve("activations.parquet")) + " WHERE token IN ("
                        + Arrays.stream(at).mapToObj(Integer::toString).collect(Collectors.joining(", "))
                        + ") ORDER BY token, feature")) {
            while (rows.next()) {
                visitor.activation(Arrays.binarySearch(at, rows.getInt(1)), rows.getInt(2), rows.getFloat(3));
            }
        }
    }

    private CheckpointException damaged(Exception e) {
        return new CheckpointException(
                folder,
                "a file of this index cannot be read (" + e.getMessage() + ")",
                "",
                "Build the index anew",
                e,
                Remedy.give(Remedy.Choice.INDEX));
    }

    @Override
    public void close() {
        if (byToken != null) {
            try {
                byToken.close();
            } catch (IOException e) {
                throw damaged(e);
            }
        }
    }
}

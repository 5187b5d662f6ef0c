package loupe.index;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.WriterLock;

/**
 * Merges the shards of a pass into the index that one pass would have made, row for row: contexts and tokens get their
 * numbers in the whole pass, and statistics are added up in the order of the tokens.
 */
public final class IndexMerge {
    /** Activations added up at a time; 8 bytes each. */
    private static final long ROWS_AT_ONCE = 4 << 20;

    private final List<ActivationIndex> shards;
    private final Path out;
    private final Cancellation cancellation;

    private IndexMerge(List<ActivationIndex> shards, Path out, Cancellation cancellation) {
        this.shards = shards;
        this.out = out;
        this.cancellation = cancellation;
    }

    /**
     * Makes one index of the shards of a pass.
     *
     * @param folders complete shards, in any order; each of them once
     * @param out where the index will be; made if missing
     * @throws CheckpointException if they are not the shards of one pass, or {@code out} is one of them or cannot be
     *     written
     * @throws java.util.concurrent.CancellationException if cancelled
     */
    public static IndexInfo merge(List<Path> folders, Path out, Cancellation cancellation) {
        List<ActivationIndex> open = new ArrayList<>();
        try {
            for (Path folder : folders) {
                if (Files.exists(out) && Files.isSameFile(folder, out)) {
                    throw new CheckpointException(
                            out,
                            "this is one of the shards",
                            "a folder of its own",
                            "Choose another folder for the whole index");
                }
                ActivationIndex shard = ActivationIndex.open(folder);
                open.add(shard);
                shard.verify();
            }
            open.sort(Comparator.comparingInt(shard -> shard.info().shard().number()));
            requireShardsOfOnePass(open);
            Files.createDirectories(out);
            try (WriterLock lock = WriterLock.take(out)) {
                return new IndexMerge(open, out, cancellation).run(lock);
            }
        } catch (IOException | SQLException e) {
            String reason = e instanceof FileSystemException file && file.getReason() != null
                    ? file.getReason()
                    : e.getMessage();
            throw new CheckpointException(
                    out,
                    "the index cannot be written (" + reason + ")",
                    "",
                    "Free some space or allow writing there",
                    e);
        } finally {
            open.forEach(ActivationIndex::close);
        }
    }

    private static void requireShardsOfOnePass(List<ActivationIndex> shards) {
        ActivationIndex first = shards.get(0);
        for (ActivationIndex shard : shards) {
            if (!shard.info().masks().equals(first.info().masks())) {
                throw new CheckpointException(
                        shard.folder(),
                        "this was made " + shard.info().masks() + ", but "
                                + first.folder().getFileName() + " "
                                + first.info().masks(),
                        "shards of one pass",
                        "Build it with the same masks");
            }
            if (shard.info().documents() != first.info().documents()) {
                throw new CheckpointException(
                        shard.folder(),
                        "this was made with documents "
                                + shard.info().documents().word() + ", but " + first.folder() + " with documents "
                                + first.info().documents().word(),
                        "shards of one pass",
                        "Build it with the same choice");
            }
            if (!passOf(shard.info()).equals(passOf(first.info()))) {
                throw new CheckpointException(
                        shard.folder(),
                        "this was made from another model, checkpoint, corpus, context length, limit of tokens or "
                                + "number of shards than "
                                + first.folder(),
                        "shards of one pass",
                        "Build it with the same options");
            }
        }
        int of = first.info().shard().of();
        List<Integer> there =
                shards.stream().map(shard -> shard.info().shard().number()).toList();
        List<Integer> wanted = IntStream.rangeClosed(1, of).boxed().toList();
        if (!there.equals(wanted)) {
            throw new CheckpointException(
                    first.folder(),
                    "the shards given are " + numbered(there, of),
                    numbered(wanted, of),
                    "Give every shard once");
        }
    }

    private static String numbered(List<Integer> numbers, int of) {
        return numbers.stream().map(number -> number + "/" + of).collect(Collectors.joining(", "));
    }

    /** What the shards of one pass have in common. */
    private static List<Object> passOf(IndexInfo info) {
        return List.of(
                info.model(),
                info.saes().stream()
                        .map(sae -> List.of(sae.folder(), sae.sae(), sae.features(), sae.hook()))
                        .toList(),
                info.sources(),
                info.contextLength(),
                info.separator(),
                info.maxTokens(),
                info.shard().of());
    }

    private IndexInfo run(WriterLock lock) throws IOException, SQLException {
        IndexInfo first = shards.get(0).info();
        long tokens = shards.stream().mapToLong(shard -> shard.info().tokens()).sum();
        long contexts =
                shards.stream().mapToLong(shard -> shard.info().contexts()).sum();
        long places = shards.stream().mapToLong(shard -> shard.info().places()).sum();
        Files.deleteIfExists(ActivationIndex.infoFile(out));
        List<IndexInfo.IndexedSae> written = new ArrayList<>();
        try (Parquet parquet = new Parquet(
                out,
                Stream.concat(Stream.of(out), shards.stream().map(ActivationIndex::folder))
                        .toList())) {
            parquet.write(
                    "SELECT * FROM ("
                            + ofAll(shard -> "SELECT CAST("
                                    + shard.info().shard().wholeContext("context")
                                    + " AS INTEGER) AS context, ids, documents"
                                    + (shard.info().masks().isNone() ? "" : ", left_out")
                                    + Database.fromParquet(shard.folder().resolve("contexts.parquet")))
                            + ") ORDER BY context",
                    out.resolve("contexts.parquet"),
                    IndexBuild.CONTEXTS_PER_ROW_GROUP);
            for (IndexInfo.IndexedSae sae : first.saes()) {
                cancellation.check();
                Path own = Files.createDirectories(out.resolve(sae.folder()));
                Path activations = own.resolve("activations.parquet");
                int length = first.contextLength();
                parquet.write(
                        "SELECT * FROM ("
                                + ofAll(shard -> "SELECT feature, CAST(("
                                        + shard.info().shard().wholeContext("token // " + length) + ") * " + length
                                        + " + token % " + length + " AS INTEGER) AS token, activation"
                                        + Database.fromParquet(shard.folder()
                                                .resolve(sae.folder())
                                                .resolve("activations.parquet")))
                                + ") ORDER BY feature, token",
                        activations,
                        SortedActivations.ROW_GROUP);
                int which = written.size();
                try (ActivationsByToken.Writer byToken =
                        new ActivationsByToken.Writer(own.resolve(ActivationsByToken.FILE), places)) {
                    writeByToken(which, byToken);
                }
                SortedActivations.writeStatistics(
                        parquet, statistics(parquet, activations, sae.features()), own.resolve("features.parquet"));
                long rows = shards.stream()
                        .mapToLong(shard -> shard.info().saes().get(which).rows())
                        .sum();
                written.add(new IndexInfo.IndexedSae(sae.folder(), sae.sae(), sae.features(), sae.hook(), rows));
            }
        }
        IndexInfo whole = new IndexInfo(
                IndexInfo.VERSION,
                first.model(),
                written,
                first.sources(),
                first.contextLength(),
                first.separator(),
                first.documents(),
                first.maxTokens(),
                Shard.WHOLE,
                first.masks(),
                shards.stream()
                        .map(shard -> shard.info().leftOut())
                        .reduce(CorpusMasks.LeftOut.NOTHING, CorpusMasks.LeftOut::and),
                tokens,
                contexts,
                shards.stream().mapToDouble(shard -> shard.info().seconds()).sum(),
                StoredFile.of(out, written));
        lock.require();
        InfoFile.write(ActivationIndex.infoFile(out), whole);
        return whole;
    }

    /** Writes every block of contexts from the shard that has it; the blocks of a shard are in order. */
    private void writeByToken(int sae, ActivationsByToken.Writer byToken) throws IOException {
        int block = Shard.BLOCK * shards.get(0).info().contextLength();
        long[] done = new long[shards.size()];
        for (int turn = 0; done[turn] < shards.get(turn).info().places(); turn = (turn + 1) % shards.size()) {
            cancellation.check();
            ActivationIndex shard = shards.get(turn);
            int first = Math.toIntExact(done[turn]);
            int[] tokens = IntStream.range(first, (int) Math.min(shard.info().places(), first + (long) block))
                    .toArray();
            done[turn] += tokens.length;
            shard.copy(sae, tokens, byToken);
        }
        byToken.finish();
    }

    private String ofAll(Function<ActivationIndex, String> select) {
        return shards.stream().map(select).collect(Collectors.joining(" UNION ALL "));
    }

    /** Sums in the order of the tokens, so that they are the same numbers as one pass adds up. */
    private FeatureStatistics statistics(Parquet parquet, Path activations, int features) throws SQLException {
        FeatureStatistics statistics = FeatureStatistics.empty(features);
        long[] rows = new long[features];
        String from = Database.fromParquet(activations);
        try (Statement statement = parquet.connection().createStatement();
                ResultSet counted = statement.executeQuery("SELECT feature, count(*)" + from + " GROUP BY feature")) {
            while (counted.next()) {
                rows[counted.getInt(1)] = counted.getLong(2);
            }
        }
        for (int start = 0; start < features; ) {
            cancellation.check();
            int end = start;
            for (long sum = 0; end < features && (end == start || sum + rows[end] <= ROWS_AT_ONCE); end++) {
                sum += rows[end];
            }
            try (Statement statement = parquet.connection().createStatement();
                    ResultSet some = statement.executeQuery("SELECT feature, activation" + from + " WHERE feature >= "
                            + start + " AND feature < " + end + " ORDER BY feature, token")) {
                while (some.next()) {
                    statistics.add(some.getInt(1), some.getFloat(2));
                }
            }
            start = end;
        }
        return statistics;
    }
}

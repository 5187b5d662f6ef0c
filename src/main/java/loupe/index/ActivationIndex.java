package loupe.index;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.base.RegularFile;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.base.WriterLock;
import loupe.sae.SparseFeatures;
import org.jspecify.annotations.Nullable;

/**
 * A complete index, open for questions. Thread-safe: questions are answered one after another, in a few milliseconds
 * each.
 */
public final class ActivationIndex extends CountedActivations {
    private static final int TOKENS_AT_ONCE = 4_096;
    private static final int PASSAGES_AT_ONCE = 512;

    private final Path folder;
    private final IndexInfo info;
    private final Parquet parquet;
    private final ContextTexts texts;
    private final FeatureStatistics[] statistics;
    private final TokenLookUp[] lookUps;
    private final Set<String> verified = new HashSet<>();

    private ActivationIndex(Path folder, IndexInfo info) {
        this.folder = folder;
        this.info = info;
        parquet = new Parquet(folder);
        texts = new ContextTexts(parquet, folder, info, ContextTexts.MOST_IN_MEMORY);
        statistics = new FeatureStatistics[info.saes().size()];
        lookUps = new TokenLookUp[info.saes().size()];
    }

    static Path infoFile(Path folder) {
        return folder.resolve("index.json");
    }

    /** Whether a complete index is in the folder. */
    public static boolean isComplete(Path folder) {
        return Files.isRegularFile(infoFile(folder));
    }

    /**
     * Whether a file is one of the tables of an index, finished or not, which is no text even if it lies among texts.
     */
    static boolean isPart(Path file) {
        Path name = file.getFileName();
        Path folder = file.toAbsolutePath().getParent();
        if (name == null || folder == null || !name.toString().endsWith(".parquet")) {
            return false;
        }
        return switch (name.toString()) {
            case "contexts.parquet" -> isBegun(folder);
            case "activations.parquet", "features.parquet" ->
                folder.getParent() != null
                        && ((isBegun(folder.getParent()) && Files.exists(folder.resolveSibling("contexts.parquet")))
                                || Files.exists(folder.resolve(ActivationsByToken.FILE)));
            default -> false;
        };
    }

    private static boolean isBegun(Path folder) {
        return Stream.of("index.json", "plan.json", WriterLock.IN_FOLDER)
                .map(folder::resolve)
                .anyMatch(Files::exists);
    }

    /**
     * Makes an index, finished or not, an unbegun one, unless somebody is writing it anew already.
     *
     * @throws CheckpointException if it cannot be deleted
     */
    public static void discard(Path folder) {
        try {
            Optional<WriterLock> lock = WriterLock.takeIfFree(folder);
            if (lock.isPresent()) {
                try (WriterLock alone = lock.get()) {
                    alone.require();
                    Files.deleteIfExists(infoFile(folder));
                    Files.deleteIfExists(folder.resolve("plan.json"));
                }
            }
        } catch (NoSuchFileException unbegun) {
            // there is no such folder
        } catch (IOException e) {
            throw new CheckpointException(
                    folder,
                    "this index cannot be deleted (" + FileFailure.reason(e) + ")",
                    "",
                    "Delete the folder by hand",
                    e);
        }
    }

    /**
     * Opens a complete index.
     *
     * @throws CheckpointException if the folder holds no complete index of this version, or one of its files is missing
     */
    public static ActivationIndex open(Path folder) {
        return new ActivationIndex(folder, describe(folder));
    }

    /**
     * The description of a complete index whose files are there, with the lengths they were written with.
     *
     * @throws CheckpointException if something of it is not
     */
    public static IndexInfo describe(Path folder) {
        if (!isComplete(folder)) {
            boolean unfinished = Files.exists(folder.resolve("plan.json"));
            throw new CheckpointException(
                    folder,
                    unfinished ? "this index is unfinished" : "this folder holds no index",
                    "a folder with index.json",
                    unfinished ? "Finish it with the settings it was begun with" : "Build one from a corpus",
                    unfinished ? new Remedy[] {Remedy.give(Choice.RESUME)} : new Remedy[0]);
        }
        IndexInfo info = info(folder);
        if (info.version() != IndexInfo.VERSION) {
            throw new CheckpointException(
                    infoFile(folder),
                    "the index has layout " + info.version(),
                    "layout " + IndexInfo.VERSION,
                    "Build the index anew",
                    Remedy.give(Choice.INDEX));
        }
        if (info.tokens() == 0) {
            throw new CheckpointException(
                    infoFile(folder),
                    "the index has no tokens",
                    "at least one",
                    "Build the index anew",
                    Remedy.give(Choice.INDEX));
        }
        for (IndexInfo.IndexedSae sae : info.saes()) {
            for (String name : List.of("activations.parquet", "features.parquet")) {
                if (!Files.isRegularFile(folder.resolve(sae.folder()).resolve(name))) {
                    throw new CheckpointException(
                            folder,
                            sae.folder() + "/" + name + " is missing",
                            "",
                            "Build the index anew",
                            Remedy.give(Choice.INDEX));
                }
            }
        }
        InfoFile.filesOf(info.saes()).forEach(file -> RegularFile.require(folder.resolve(file)));
        info.files().forEach(file -> file.requireSize(folder));
        return info;
    }

    /** What there is to know about how far the index can be trusted; empty if a damaged file would be noticed. */
    public Optional<String> doubt() {
        return info.files().isEmpty()
                ? Optional.of(folder + ": this index was written before there were checksums, so that a damaged file "
                        + "may go unnoticed. Build it anew to have them")
                : Optional.empty();
    }

    /**
     * Compares every file with its checksum, which reads all of them; otherwise each is compared when the first
     * question needs it.
     *
     * @throws CheckpointException if one is missing or not as it was written
     */
    public synchronized void verify() {
        info.files().forEach(file -> checked(file.name()));
    }

    /** The path of a file of this index, which is as it was written. */
    private Path checked(String name) {
        if (verified.add(name)) {
            try {
                info.files().stream()
                        .filter(file -> file.name().equals(name))
                        .forEach(file -> file.requireContent(folder));
            } catch (CheckpointException damaged) {
                verified.remove(name);
                throw damaged;
            }
        }
        return folder.resolve(name);
    }

    /**
     * The description of the index in a folder.
     *
     * @throws CheckpointException if it cannot be read
     */
    static IndexInfo info(Path folder) {
        return InfoFile.read(infoFile(folder));
    }

    @Override
    public IndexInfo info() {
        return info;
    }

    public Path folder() {
        return folder;
    }

    /**
     * Statistics of all features of one autoencoder.
     *
     * @param sae its place in {@link IndexInfo#saes}
     */
    public synchronized FeatureStatistics statistics(int sae) {
        if (statistics[sae] == null) {
            statistics[sae] = readStatistics(sae);
        }
        return statistics[sae];
    }

    private FeatureStatistics readStatistics(int sae) {
        FeatureStatistics read =
                FeatureStatistics.empty(info.saes().get(sae).features()).withTokens(info.counted());
        boolean signed = countsNegative(sae);
        try (Statement statement = parquet.connection().createStatement();
                ResultSet rows = statement.executeQuery("SELECT feature, count, sum, sum_of_squares, "
                        + (signed ? "mass, max, min" : "sum AS mass, max, min_positive AS min")
                        + Database.fromParquet(file(sae, "features.parquet")))) {
            while (rows.next()) {
                int feature = rows.getInt(1);
                if (feature < 0 || feature >= read.features()) {
                    throw damaged("there is a feature " + feature, null);
                }
                read.count()[feature] = rows.getLong(2);
                read.sum()[feature] = rows.getDouble(3);
                read.sumOfSquares()[feature] = rows.getDouble(4);
                read.mass()[feature] = rows.getDouble(5);
                read.max()[feature] = rows.getFloat(6);
                read.min()[feature] = rows.getFloat(7);
            }
            return read;
        } catch (SQLException e) {
            throw damaged(e);
        }
    }

    /**
     * Whether negative activations are in the statistics. In an index written before they were, they make no difference
     * unless there are any.
     *
     * @throws CheckpointException if there are, and are not in the statistics
     */
    private boolean countsNegative(int sae) {
        try (Statement statement = parquet.connection().createStatement()) {
            try (ResultSet columns = statement.executeQuery(
                    "SELECT *" + Database.fromParquet(file(sae, "features.parquet")) + " LIMIT 0")) {
                for (int i = 1; i <= columns.getMetaData().getColumnCount(); i++) {
                    if (columns.getMetaData().getColumnName(i).equals("mass")) {
                        return true;
                    }
                }
            }
            try (ResultSet negative = statement.executeQuery("SELECT 1"
                    + Database.fromParquet(file(sae, "activations.parquet")) + " WHERE activation < 0 LIMIT 1")) {
                if (negative.next()) {
                    throw new CheckpointException(
                            folder,
                            "this index has negative activations, and was built when they were not counted",
                            "",
                            "Build the index anew",
                            Remedy.give(Choice.INDEX));
                }
            }
            return false;
        } catch (SQLException e) {
            throw damaged(e);
        }
    }

    @Override
    public synchronized FeatureActivations activations(int sae, int feature) {
        requireFeature(sae, feature);
        try (PreparedStatement statement = parquet.connection()
                .prepareStatement("SELECT token, activation" + Database.fromParquet(file(sae, "activations.parquet"))
                        + " WHERE feature = ?")) {
            statement.setInt(1, feature);
            try (ResultSet rows = statement.executeQuery()) {
                int[] tokens = new int[256];
                float[] values = new float[256];
                int count = 0;
                for (; rows.next(); count++) {
                    if (count == tokens.length) {
                        tokens = Arrays.copyOf(tokens, 2 * count);
                        values = Arrays.copyOf(values, 2 * count);
                    }
                    tokens[count] = rows.getInt(1);
                    values[count] = rows.getFloat(2);
                }
                return new FeatureActivations(
                        feature, Arrays.copyOf(tokens, count), Arrays.copyOf(values, count), info.counted());
            }
        } catch (SQLException e) {
            throw damaged(e);
        }
    }

    /**
     * Co-activation of a feature with every feature of an autoencoder of this index.
     *
     * @param activations of the feature, as {@link #activations} gives them
     * @param sae the autoencoder it belongs to
     * @param among the one whose features it is compared with; the same or another
     */
    public synchronized CoActivations coActivations(FeatureActivations activations, int sae, int among) {
        FeatureStatistics others = statistics(among);
        long[] both = new long[others.features()];
        double[] products = new double[others.features()];
        double[] moments = new double[2];
        int[] active = IntStream.range(0, activations.values().length)
                .filter(i -> SparseFeatures.isActive(activations.values()[i]))
                .toArray();
        for (int i : active) {
            moments[0] += activations.values()[i];
            moments[1] += (double) activations.values()[i] * activations.values()[i];
        }
        lookUp(among)
                .forEach(Arrays.stream(active).map(i -> activations.tokens()[i]).toArray(), (i, other, value) -> {
                    if (SparseFeatures.isActive(value)) {
                        both[other]++;
                        products[other] += (double) activations.values()[active[i]] * value;
                    }
                });
        return new CoActivations(
                activations.feature(), sae == among, active.length, moments[0], moments[1], others, both, products);
    }

    /** Activations of every feature of one autoencoder at the tokens of one id. */
    public synchronized TokenFeatures featuresOf(int sae, int id) {
        FeatureStatistics all = statistics(sae);
        long[] count = new long[all.features()];
        double[] sum = new double[all.features()];
        double[] mass = new double[all.features()];
        float[] max = new float[all.features()];
        int[] tokens = tokensWith(new int[] {id}).get(0);
        lookUp(sae).forEach(tokens, (i, feature, value) -> {
            if (SparseFeatures.isActive(value)) {
                count[feature]++;
                sum[feature] += value;
                mass[feature] += Math.abs(value);
                max[feature] = Math.abs(value) > Math.abs(max[feature]) ? value : max[feature];
            }
        });
        return new TokenFeatures(id, tokens.length, all, count, sum, mass, max);
    }

    /**
     * The tokens at which each feature of an autoencoder is most active, by absolute value: one pass over all
     * activations, in steps between which other questions are answered.
     *
     * @param most of each feature
     * @return for each feature running numbers of tokens, strongest first, ties in the order of the corpus
     */
    public int[][] strongest(int sae, int most, Cancellation cancellation) {
        StrongestTokens strongest = new StrongestTokens(info.saes().get(sae).features(), most);
        long places = info.places();
        for (long from = 0; from < places; from += TOKENS_AT_ONCE) {
            cancellation.check();
            int first = (int) from;
            int[] tokens = IntStream.range(first, (int) Math.min(places, from + TOKENS_AT_ONCE))
                    .toArray();
            synchronized (this) {
                lookUp(sae).forEach(tokens, (i, feature, value) -> strongest.add(feature, first + i, value));
            }
        }
        return strongest.all();
    }

    /**
     * Passes on the token ids around some tokens, as far as their documents and contexts reach.
     *
     * @param tokens running numbers, ascending
     * @param visitor receives for each the ids and the index of the token among them
     */
    public void passages(int[] tokens, int before, int after, Cancellation cancellation, PassageVisitor visitor) {
        for (int from = 0; from < tokens.length; from += PASSAGES_AT_ONCE) {
            cancellation.check();
            int[] next = Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + PASSAGES_AT_ONCE));
            Map<Integer, ContextTexts.Text> contexts;
            synchronized (this) {
                contexts = texts(Arrays.stream(next)
                        .map(token -> token / info.contextLength())
                        .distinct()
                        .toArray());
            }
            for (int i = 0; i < next.length; i++) {
                int position = next[i] % info.contextLength();
                ContextTexts.Text text = textOf(next[i] / info.contextLength(), contexts);
                int[] reach = reach(text, next[i], before, after);
                visitor.passage(from + i, Arrays.copyOfRange(text.ids(), reach[0], reach[1]), position - reach[0]);
            }
        }
    }

    /**
     * Passes on every context's tokens, in order.
     *
     * @param visitor called between other questions' answers
     */
    public void contexts(Cancellation cancellation, ContextVisitor visitor) {
        int length = info.contextLength();
        int contexts = Math.toIntExact((info.places() + length - 1) / length);
        for (int from = 0; from < contexts; from += PASSAGES_AT_ONCE) {
            cancellation.check();
            int[] numbers = IntStream.range(from, Math.min(contexts, from + PASSAGES_AT_ONCE))
                    .toArray();
            Map<Integer, ContextTexts.Text> found;
            synchronized (this) {
                found = texts(numbers);
            }
            for (int number : numbers) {
                ContextTexts.Text text = textOf(number, found);
                visitor.context(number * length, text.ids(), text.documents(), text::counts);
            }
        }
    }

    /** Is shown contexts one by one. */
    public interface ContextVisitor {
        /**
         * Receives one context.
         *
         * @param first running number of its first token
         * @param ids token ids, not to be written
         * @param documents for each token the number of its document; not to be written
         * @param counts whether the token at a position counts
         */
        void context(int first, int[] ids, int[] documents, IntPredicate counts);
    }

    /** Is shown the text around tokens. */
    public interface PassageVisitor {
        /**
         * Receives one passage.
         *
         * @param i index of its token among those requested
         * @param ids token ids
         * @param focus index of the token in them
         */
        void passage(int i, int[] ids, int focus);
    }

    /** Whether a running number is that of a token: not of a place that a context leaves empty, nor beyond the last. */
    public synchronized boolean hasToken(int token) {
        return token >= 0
                && token < info.places()
                && token % info.contextLength()
                        < text(token / info.contextLength()).ids().length;
    }

    /** Whether a token counts; no activations are stored for one that a mask leaves out. */
    public synchronized boolean isCounted(int token) {
        return text(token / info.contextLength()).counts(token % info.contextLength());
    }

    /**
     * The features of one autoencoder that are not zero at one token, by absolute activation, strongest first.
     *
     * @throws IndexOutOfBoundsException if there is no such token
     */
    public synchronized List<ActiveFeature> featuresAt(int sae, int token) {
        if (!hasToken(token)) {
            throw new IndexOutOfBoundsException("token is " + token + ", the index has " + info.tokens());
        }
        List<ActiveFeature> active = new ArrayList<>();
        lookUp(sae).forEach(new int[] {token}, (i, feature, value) -> active.add(new ActiveFeature(feature, value)));
        active.sort(Comparator.comparingDouble((ActiveFeature feature) -> -Math.abs(feature.activation()))
                .thenComparingInt(ActiveFeature::feature));
        return List.copyOf(active);
    }

    /** Copies the activations at neighbouring tokens to a writer. */
    synchronized void copy(int sae, int[] tokens, ActivationsByToken.Writer writer) throws IOException {
        List<ActiveFeature> active = new ArrayList<>();
        int[] ends = new int[tokens.length];
        lookUp(sae).forEach(tokens, (i, feature, value) -> {
            active.add(new ActiveFeature(feature, value));
            ends[i] = active.size();
        });
        int next = 0;
        for (int end : ends) {
            writer.token();
            for (; next < end; next++) {
                writer.add(active.get(next).feature(), active.get(next).activation());
            }
        }
    }

    private TokenLookUp lookUp(int sae) {
        if (lookUps[sae] == null) {
            String own = info.saes().get(sae).folder() + "/";
            checked(own
                    + (Files.exists(folder.resolve(own + ActivationsByToken.FILE))
                            ? ActivationsByToken.FILE
                            : "activations.parquet"));
            lookUps[sae] = new TokenLookUp(
                    folder.resolve(info.saes().get(sae).folder()),
                    info.saes().get(sae).features(),
                    info.places(),
                    parquet);
        }
        return lookUps[sae];
    }

    @Override
    synchronized List<int[]> tokensWith(int[] ids) {
        try {
            checked("contexts.parquet");
            return texts.tokensWith(ids);
        } catch (SQLException e) {
            throw damaged(e);
        }
    }

    @Override
    synchronized Map<Integer, ContextTexts.Text> texts(int[] contexts) {
        try {
            checked("contexts.parquet");
            return texts.of(contexts);
        } catch (SQLException e) {
            throw damaged(e);
        }
    }

    private Path file(int sae, String name) {
        return checked(info.saes().get(sae).folder() + "/" + name);
    }

    private CheckpointException damaged(SQLException e) {
        return damaged(String.valueOf(e.getMessage()), e);
    }

    @Override
    CheckpointException damaged(String reason, @Nullable Exception cause) {
        return new CheckpointException(
                folder,
                "a file of this index cannot be read (" + reason + ")",
                "",
                "Build the index anew",
                cause,
                Remedy.give(Choice.INDEX));
    }

    @Override
    public synchronized void close() {
        for (TokenLookUp lookUp : lookUps) {
            if (lookUp != null) {
                lookUp.close();
            }
        }
        parquet.close();
    }

    /**
     * A feature that is not zero at a token.
     *
     * @param activation negative only for autoencoders without a ReLU
     */
    public record ActiveFeature(int feature, float activation) {}

    /** Keeps the tokens of the strongest activations of each feature, as they come token by token. One thread. */
    private static final class StrongestTokens {
        private final int most;
        private final int[] tokens;
        private final float[] values;
        private final int[] counts;

        /** @param most of each feature, at least 1 */
        StrongestTokens(int features, int most) {
            this.most = most;
            tokens = new int[Math.multiplyExact(features, most)];
            values = new float[tokens.length];
            counts = new int[features];
        }

        /** Takes one activation; those of a feature in the order of their tokens. */
        void add(int feature, int token, float value) {
            float strength = Math.abs(value);
            int first = feature * most;
            int count = counts[feature];
            if (!SparseFeatures.isActive(value) || (count == most && strength <= values[first + most - 1])) {
                return;
            }
            int place = count == most ? most - 1 : count;
            while (place > 0 && values[first + place - 1] < strength) {
                values[first + place] = values[first + place - 1];
                tokens[first + place] = tokens[first + place - 1];
                place--;
            }
            values[first + place] = strength;
            tokens[first + place] = token;
            counts[feature] = Math.min(most, count + 1);
        }

        /** For each feature its tokens, strongest first. */
        int[][] all() {
            int[][] all = new int[counts.length][];
            Arrays.setAll(all, feature -> Arrays.copyOfRange(tokens, feature * most, feature * most + counts[feature]));
            return all;
        }
    }
}

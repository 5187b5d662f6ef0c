package loupe.training.sample;

import java.util.Arrays;
import java.util.SplittableRandom;
import loupe.training.Shuffle;
import loupe.training.lm.TrainingContexts;

/**
 * An endless, repeatable stream of training contexts. Each context starts at the start of a document (every second one
 * with a separator before it) and is filled with whole documents, separators between; the document that does not fit
 * starts the next context instead.
 *
 * <p>A document of weight w comes floor(w) or ceil(w) times per epoch, on average w times, in shuffled order. The order
 * depends on seed and epoch alone, so that {@link Position} is all that is needed to resume later.
 */
public final class PackedContexts implements TrainingContexts {
    /** Share of definitions in each wording. */
    private static final double TYPICAL_SHARE = 0.25;

    private static final double ENTRY_SHARE = 0.65;

    private final TrainingText text;
    private final int context;
    private final long seed;
    private final double otherShare;
    private int epoch;
    private int cursor;
    private long contexts;
    private int[] order;

    /** @param otherShare share of the tokens outside definitions and examples that count in the loss */
    public PackedContexts(TrainingText text, int context, long seed, double otherShare) {
        this.text = text;
        this.context = context;
        this.seed = seed;
        this.otherShare = otherShare;
        this.order = order(epoch);
    }

    @Override
    public Position position() {
        return new Position(epoch, cursor, contexts);
    }

    @Override
    public void goTo(Position position) {
        epoch = position.epoch();
        cursor = position.cursor();
        contexts = position.contexts();
        order = order(epoch);
    }

    /** Number of documents shown in an epoch. */
    int documentsPerEpoch() {
        return order.length;
    }

    /**
     * The next {@code rows} contexts. Every token of a definition or example is a target; of the rest, which is mostly
     * the same few words, only a random share is, so that the model's time goes to what it is for.
     */
    @Override
    public Batch next(int rows) {
        long[] inputs = new long[rows * context];
        long[] places = new long[rows * context];
        long[] targets = new long[rows * context];
        int count = 0;
        int[] tokens = new int[context + 1];
        boolean[] counts = new boolean[context + 1];
        for (int row = 0; row < rows; row++) {
            fill(tokens, counts);
            for (int t = 0; t < context; t++) {
                inputs[row * context + t] = tokens[t];
                if (counts[t + 1]) {
                    places[count] = (long) row * context + t;
                    targets[count++] = tokens[t + 1];
                }
            }
        }
        return new Batch(inputs, Arrays.copyOf(places, count), Arrays.copyOf(targets, count));
    }

    private void fill(int[] tokens, boolean[] counts) {
        Arrays.fill(tokens, 0);
        Arrays.fill(counts, false);
        SplittableRandom random = new SplittableRandom(seed + 0x9E3779B9L * contexts);
        int length = contexts++ % 2 == 0 ? 0 : 1;
        boolean first = true;
        while (length < tokens.length) {
            TrainingText.Sentence sentence = nextSentence();
            int fits = Math.min(sentence.tokens().length, tokens.length - length);
            for (int i = 0; i < fits; i++) {
                tokens[length + i] = sentence.tokens()[i];
                boolean definition = i >= sentence.start() && i <= sentence.end();
                counts[length + i] = definition || random.nextDouble() < otherShare;
            }
            length += fits;
            if (fits < sentence.tokens().length && !first) {
                cursor--;
            }
            if (length < tokens.length) {
                counts[length++] = random.nextDouble() < otherShare;
            }
            first = false;
        }
    }

    private TrainingText.Sentence nextSentence() {
        if (cursor == order.length) {
            epoch++;
            cursor = 0;
            order = order(epoch);
        }
        double draw = new SplittableRandom(seed * 31 + epoch * 1_000_003L + cursor).nextDouble();
        DefinitionWording wording = draw < TYPICAL_SHARE
                ? DefinitionWording.TYPICAL
                : draw < TYPICAL_SHARE + ENTRY_SHARE ? DefinitionWording.ENTRY : DefinitionWording.MEANING;
        return text.sentence(order[cursor++], wording);
    }

    private int[] order(int epoch) {
        int[] documents = new int[text.size()];
        int length = 0;
        for (int document = 0; document < text.size(); document++) {
            double offset = new SplittableRandom(seed + document * 7919L).nextDouble();
            double weight = text.weight(document);
            int times = (int) (Math.floor(weight * (epoch + 1) + offset) - Math.floor(weight * epoch + offset));
            for (int i = 0; i < times; i++) {
                if (length == documents.length) {
                    documents = Arrays.copyOf(documents, 2 * length);
                }
                documents[length++] = document;
            }
        }
        return Shuffle.shuffle(Arrays.copyOf(documents, length), seed ^ 0x5DEECE66DL * (epoch + 1));
    }
}

package loupe.analysis;

import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.base.Remedy;

/** Why a checkpoint cannot be applied to a model; the result of {@link Fit}. */
public sealed interface Misfit {
    /** Whether what a checkpoint reads is meant, or what it writes. */
    enum End {
        READS("reads"),
        WRITES("writes");

        private final String verb;

        End(String verb) {
            this.verb = verb;
        }

        /** The remedies: the user can state where a checkpoint reads, but not where it writes. */
        private Remedy[] remedies() {
            return this == READS ? new Remedy[] {Remedy.give(Remedy.Choice.HOOK)} : new Remedy[0];
        }
    }

    /**
     * The misfit as a message for the user.
     *
     * @param checkpoint the path or name of the checkpoint
     * @param model the name of the model
     */
    Refusal refusal(String checkpoint, String model);

    /** The checkpoint does not say where in the model it reads. */
    record PlaceUnknown() implements Misfit {
        @Override
        public Refusal refusal(String checkpoint, String model) {
            return new Refusal(checkpoint + " does not say where in the model it reads", End.READS.remedies());
        }
    }

    /** The checkpoint is a transcoder that does not say where in the model it writes. */
    record OutputPlaceUnknown() implements Misfit {
        @Override
        public Refusal refusal(String checkpoint, String model) {
            return new Refusal(
                    checkpoint + " is a transcoder that does not say where in the model it writes, so its output"
                            + " cannot be put there");
        }
    }

    /** The model is of a family that has no such place. */
    record NoSuchPlace(End end, HookPoint at, String family) implements Misfit {
        @Override
        public Refusal refusal(String checkpoint, String model) {
            return trainedElsewhere(
                    checkpoint + " " + end.verb + " at " + at + ", which " + model + ", a " + family
                            + " model, does not have",
                    end);
        }
    }

    /** The values at the place belong to pairs of tokens, not to a token. */
    record NoVectors(End end, HookPoint at) implements Misfit {
        @Override
        public Refusal refusal(String checkpoint, String model) {
            return trainedElsewhere(
                    checkpoint + " " + end.verb + " at " + at + ", where a token of " + model + " has no vector", end);
        }
    }

    /** The model has fewer layers. */
    record NoSuchLayer(End end, HookPoint at, int layers) implements Misfit {
        @Override
        public Refusal refusal(String checkpoint, String model) {
            return trainedElsewhere(
                    checkpoint + " " + end.verb + " at " + at + ", but " + model + " has " + layers
                            + " layers, counted from 0",
                    end);
        }
    }

    /**
     * The model has fewer heads at the place.
     *
     * @param heads 0 where values are not divided among heads
     */
    record NoSuchHead(int head, HookPoint at, int heads) implements Misfit {
        @Override
        public Refusal refusal(String checkpoint, String model) {
            return trainedElsewhere(
                    checkpoint + " reads head " + head + " at " + at + ", where " + model + " has "
                            + (heads == 0 ? "no heads" : heads + " heads, counted from 0"),
                    End.READS);
        }
    }

    /** The model's vectors at the place have another width. */
    record OtherWidth(End end, int width, HookPoint at, int there) implements Misfit {
        @Override
        public Refusal refusal(String checkpoint, String model) {
            return trainedElsewhere(
                    checkpoint + " " + end.verb + " vectors of " + width + " numbers, but at " + at + " " + model
                            + " has vectors of " + there,
                    end);
        }
    }

    /** The checkpoint does not say where, and the model has vectors of this width nowhere. */
    record WidthNowhere(End end, int width) implements Misfit {
        @Override
        public Refusal refusal(String checkpoint, String model) {
            return new Refusal(
                    checkpoint + " " + end.verb + " vectors of " + width + " numbers, and " + model
                            + " has none of that width",
                    "",
                    TRAINED_ELSEWHERE);
        }
    }

    /** The directions of its features are no vectors of the embedding, so they cannot stand in the place of a token. */
    record NoTokenWidth(int width, int dModel) implements Misfit {
        @Override
        public Refusal refusal(String checkpoint, String model) {
            return new Refusal(
                    checkpoint + ": its directions have " + width + " dimensions, but the embedding of " + model
                            + " has " + dModel + ", so they cannot stand in the place of a token",
                    "",
                    "Choose a checkpoint that reads and writes the residual stream");
        }
    }

    /** The advice for a checkpoint that does not fit the open model. */
    String TRAINED_ELSEWHERE = "Choose a checkpoint trained on this model";

    private static Refusal trainedElsewhere(String found, End end) {
        return new Refusal(
                found, "", TRAINED_ELSEWHERE + (end == End.READS ? ", or correct its hook point" : ""), end.remedies());
    }
}

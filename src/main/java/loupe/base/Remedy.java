package loupe.base;

/**
 * A choice of the user's that would mend a {@link Refusal}. The command line words it as an option, the window as a
 * button that opens the form with that field.
 *
 * @param choice what there is to choose
 * @param way how to change it
 * @param value a proposal, as it would be written into a field; empty if there is none
 */
public record Remedy(Choice choice, Way way, String value) {
    /** The choices a user has, wherever they are made. */
    public enum Choice {
        /** How many features of a checkpoint fire per token. */
        K,
        /** Where in the model a checkpoint reads. */
        HOOK,
        /** A checkpoint's activation function. */
        ACTIVATION,
        /** The factor a checkpoint's input was scaled by. */
        NORM_FACTOR,
        /** The family a checkpoint's files belong to. */
        FORMAT,
        /** Whether decoder norms are folded into the encoder. */
        FOLD,
        /** Whether the decoder bias is subtracted before encoding. */
        SUBTRACT_DECODER_BIAS,
        /** Which side of a crosscoder, or which of the layers a cross-layer transcoder writes to, is meant. */
        SIDE,
        /** Which tensors of a checkpoint of no known family are its parts. */
        TENSORS,
        /** Whether an index is built anew; on the command line that is {@code index build}. */
        INDEX,
        /** Whether an index may take much space. */
        SPACE,
        /** What a path is opened as: the model, a checkpoint, a corpus or an index. */
        KIND,
        /** Whether an unfinished pass over a corpus is resumed. */
        RESUME,
        /** The ids of the tokens that given activations belong to. */
        TOKEN_IDS,
        /** The field or column of a corpus that has the text. */
        TEXT_COLUMN,
        /** The device the model runs on. */
        DEVICE
    }

    /** How a choice is to be changed. */
    public enum Way {
        /** Give a value: there is none yet, or another one is needed. */
        GIVE,
        /** Leave the choice out, which has a value where none is allowed. */
        LEAVE_OUT
    }

    /** The remedy of giving a value, without a proposal. */
    public static Remedy give(Choice choice) {
        return give(choice, "");
    }

    /** The remedy of giving a value, with a proposal. */
    public static Remedy give(Choice choice, String value) {
        return new Remedy(choice, Way.GIVE, value);
    }

    /** The remedy of leaving a choice out. */
    public static Remedy leaveOut(Choice choice) {
        return new Remedy(choice, Way.LEAVE_OUT, "");
    }
}

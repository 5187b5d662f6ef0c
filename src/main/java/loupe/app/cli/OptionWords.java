package loupe.app.cli;

import java.util.List;
import java.util.stream.Collectors;
import loupe.base.Refusal;
import loupe.base.Remedy;

/** The text of a refusal on the command line: its message, and the options that would fix it. */
public final class OptionWords {
    private OptionWords() {}

    /** The message with its remedies: {@code "x.npz: the file does not say k. Give --k 32 or --activation relu."}. */
    public static String of(Refusal refusal) {
        String message = refusal.getMessage();
        String given = options(refusal.remedies(), Remedy.Way.GIVE);
        String leftOut = options(refusal.remedies(), Remedy.Way.LEAVE_OUT);
        if (given.isEmpty() && leftOut.isEmpty()) {
            return message;
        }
        return message + " "
                + (given.isEmpty() ? "" : "Give " + given)
                + (given.isEmpty() || leftOut.isEmpty() ? "" : ", or ")
                + (leftOut.isEmpty() ? "" : (given.isEmpty() ? "Leave" : "leave") + " out " + leftOut)
                + ".";
    }

    private static String options(List<Remedy> remedies, Remedy.Way way) {
        return remedies.stream()
                .filter(remedy ->
                        remedy.way() == way && !option(remedy.choice()).isEmpty())
                .map(remedy -> option(remedy.choice()) + (way == Remedy.Way.GIVE ? value(remedy) : ""))
                .collect(Collectors.joining(" or "));
    }

    /** The option that makes a choice: {@code --k}; empty for what has a command of its own. */
    private static String option(Remedy.Choice choice) {
        return switch (choice) {
            case K -> "--k";
            case HOOK -> "--hook";
            case ACTIVATION -> "--activation";
            case NORM_FACTOR -> "--norm-factor";
            case FORMAT -> "--sae-format";
            case FOLD -> "--fold";
            case SUBTRACT_DECODER_BIAS -> "--subtract-b-dec";
            case SIDE -> "--sae-side";
            case TENSORS -> "--tensors";
            case TOKEN_IDS -> "--token-ids";
            case RESUME -> "--resume";
            case TEXT_COLUMN -> "--text-column";
            case DEVICE -> "--device";
            case INDEX, SPACE, KIND -> "";
        };
    }

    /** The value after the option: the proposal, or a placeholder. */
    private static String value(Remedy remedy) {
        if (!remedy.value().isEmpty()) {
            return " " + remedy.value();
        }
        return switch (remedy.choice()) {
            case K, SIDE -> " N";
            case TENSORS -> " encoder=NAME,decoder=NAME";
            case TOKEN_IDS -> " ID,ID,..";
            case HOOK, ACTIVATION, FORMAT, TEXT_COLUMN -> " NAME";
            case NORM_FACTOR -> " S";
            case DEVICE -> " DEVICE";
            case FOLD, SUBTRACT_DECODER_BIAS, RESUME, INDEX, SPACE, KIND -> "";
        };
    }
}

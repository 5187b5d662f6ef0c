package loupe.state.window;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import loupe.base.Problem;
import loupe.base.Remedy;
import loupe.index.PathKind;
import loupe.sae.checkpoint.SaeFamilies;
import loupe.sae.checkpoint.SaeFile;

/** The texts of the buttons that the window offers for a problem. */
public final class RemedyWords {
    private RemedyWords() {}

    /** The remedy the window can offer for a problem: the first that has a button; empty if none has. */
    public static Optional<Remedy> offered(Problem problem) {
        return problem.remedies().stream()
                .filter(remedy -> !label(remedy).isEmpty())
                .findFirst();
    }

    /** The label of a remedy's button; empty if the window has no form for that choice. */
    public static String label(Remedy remedy) {
        if (remedy.way() == Remedy.Way.LEAVE_OUT) {
            return switch (remedy.choice()) {
                case FOLD -> "Open without folding";
                case ACTIVATION -> "Open with its own activation function";
                case SUBTRACT_DECODER_BIAS -> "Open with b_dec as the file says";
                default -> "";
            };
        }
        return switch (remedy.choice()) {
            case K -> "Set features per token...";
            case HOOK -> "Set hook point...";
            case ACTIVATION -> "Set activation function...";
            case NORM_FACTOR -> "Set norm factor...";
            case FORMAT -> "Set format...";
            case SIDE -> "Set side...";
            case TENSORS -> "Choose tensors...";
            case INDEX -> "Build the index anew";
            case SPACE -> "Count all the same";
            case KIND -> WrongKind.todo(PathKind.valueOf(remedy.value().toUpperCase(Locale.ROOT)));
            default -> "";
        };
    }

    /** The label of the field in which a choice is made. */
    public static String field(Remedy.Choice choice) {
        return switch (choice) {
            case K -> "Features per token (k)";
            case HOOK -> "Hook point";
            case ACTIVATION -> "Activation function";
            case NORM_FACTOR -> "Norm factor";
            case FORMAT -> "Format";
            case SIDE -> "Side of a crosscoder or cross-layer transcoder, from 0";
            case TENSORS -> "Tensors";
            default -> throw new IllegalArgumentException("choice is " + choice + ", which has no field");
        };
    }

    /** The values to choose from; empty for free text. */
    public static List<String> values(Remedy.Choice choice) {
        return switch (choice) {
            case FORMAT -> SaeFamilies.formats();
            case ACTIVATION -> SaeFile.activations();
            default -> List.of();
        };
    }
}

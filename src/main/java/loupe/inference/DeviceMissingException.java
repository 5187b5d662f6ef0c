package loupe.inference;

import loupe.base.Refusal;
import loupe.base.Remedy;

/**
 * A device was requested that this machine, or the engine installed on it, does not have. The message is for the user.
 */
public final class DeviceMissingException extends Refusal {
    private static final long serialVersionUID = 1;

    DeviceMissingException(String found, String advice, Remedy... remedies) {
        super(found, "", advice, remedies);
    }
}

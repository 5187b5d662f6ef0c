package loupe.state.window;

import java.util.Locale;
import java.util.Optional;
import loupe.base.HookPoint;
import loupe.index.IndexInfo;

/** The captions of exported pictures: what their numbers are of. The window and the command line say it alike. */
public final class Provenance {
    private Provenance() {}

    /** Model, checkpoint and the place where it reads. */
    public static String of(String model, String sae, Optional<HookPoint> hook) {
        return model + ", " + sae + hook.map(place -> " at " + place.name()).orElse("");
    }

    /**
     * A feature and what it is called.
     *
     * @param all from {@link #of}
     * @param label empty for none
     */
    public static String feature(String all, int feature, String label) {
        return all + ", feature " + feature + (label.isEmpty() ? "" : " \u201C" + label + "\u201D");
    }

    /** The corpus of an index: its files, how many tokens of them count, and which do not. */
    public static String corpus(IndexInfo info) {
        int more = info.sources().size() - 1;
        String files =
                info.sources().isEmpty() ? "a corpus" : info.sources().get(0).name();
        return String.format(Locale.ROOT, "%,d", info.counted()) + " tokens of " + files
                + (more <= 0 ? "" : more == 1 ? " and another file" : " and " + more + " other files") + ", "
                + info.documents().shortWords() + (info.masks().isNone() ? "" : ", " + info.masks());
    }
}

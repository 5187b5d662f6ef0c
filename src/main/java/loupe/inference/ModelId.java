package loupe.inference;

/**
 * Names an open model. Two openings of the same unchanged folder have the same id.
 *
 * @param name the folder's name, for display
 * @param fingerprint identifies the contents
 */
public record ModelId(String name, String fingerprint) {
    @Override
    public String toString() {
        return name;
    }
}

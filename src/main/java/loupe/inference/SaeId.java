package loupe.inference;

/**
 * Names an open checkpoint. Two openings of the same unchanged file with the same reading have the same id.
 *
 * @param name the file's or folder's name, for display
 * @param fingerprint identifies the contents and the reading (k, hook, centring)
 */
public record SaeId(String name, String fingerprint) {
    @Override
    public String toString() {
        return name;
    }
}

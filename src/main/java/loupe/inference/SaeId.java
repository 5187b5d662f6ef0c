package loupe.inference;

/**
 * Names an open checkpoint. Two openings of the same unchanged file with the same reading have the same id.
 *
 * @param name the file's or folder's name, for people
 * @param fingerprint tells contents and readings (k, hook, centring) apart
 */
public record SaeId(String name, String fingerprint) {
    @Override
    public String toString() {
        return name;
    }
}

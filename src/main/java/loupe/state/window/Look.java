package loupe.state.window;

import org.jspecify.annotations.Nullable;

/** The looks of the window to choose from. */
public enum Look {
    LIGHT("light", "Light"),
    DARK("dark", "Dark"),
    /** White on black, with bright marks: text has at least seven times the luminance of what it stands on. */
    HIGH_CONTRAST("high-contrast", "High contrast");

    /** The setting that a look is remembered under. */
    public static final String SETTING = "look";

    private final String key;
    private final String title;

    Look(String key, String title) {
        this.key = key;
        this.title = title;
    }

    /** The name that settings and style sheets have for it, such as {@code high-contrast}. */
    public String key() {
        return key;
    }

    public String title() {
        return title;
    }

    /** The next one; after the last the first. */
    public Look next() {
        return switch (this) {
            case LIGHT -> DARK;
            case DARK -> HIGH_CONTRAST;
            case HIGH_CONTRAST -> LIGHT;
        };
    }

    /**
     * The look of a session.
     *
     * @param key what was remembered; null or unknown in a session of another version
     * @param dark whether that version had its dark one
     */
    public static Look remembered(@Nullable String key, boolean dark) {
        for (Look look : values()) {
            if (look.key.equals(key)) {
                return look;
            }
        }
        return dark ? DARK : LIGHT;
    }
}

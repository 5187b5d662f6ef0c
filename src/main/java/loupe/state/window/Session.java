package loupe.state.window;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The state that is remembered from one start to the next. Paths are as given by the user; a setting that this version
 * does not know is ignored silently, so that an older and a newer version can share the file.
 *
 * @param model folder of the model; null if none was open
 * @param checkpoints A, then B if two were open
 * @param feature the selected feature of A; negative if none was
 * @param settings values of controls by name, such as {@code ghost.scale}
 * @param window where the window was; null before the first time
 * @param views the views' layouts, as {@link ViewLayouts} keeps them; null before the first time
 * @param dark whether a dark theme is on; which one is among the settings
 * @param fontSize of ordinary text, in pixels
 * @param recent what was opened, newest first
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Session(
        @Nullable String model,
        List<Checkpoint> checkpoints,
        int feature,
        Map<String, String> settings,
        @Nullable Window window,
        @Nullable JsonNode views,
        boolean dark,
        int fontSize,
        List<Recent> recent) {
    /** How many recent files are kept. */
    static final int RECENT = 12;

    private static final int ORDINARY_FONT = 13;
    /** Far beyond any screen. */
    private static final double MOST_PIXELS = 1e5;

    public Session {
        checkpoints = checkpoints == null ? List.of() : List.copyOf(checkpoints);
        settings = settings == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(Map.copyOf(settings)));
        window = window != null && window.isPlace() ? window : null;
        views = views == null || views.isNull() ? null : views;
        recent = recent == null ? List.of() : List.copyOf(recent.subList(0, Math.min(RECENT, recent.size())));
        fontSize = fontSize < 8 || fontSize > 32 ? ORDINARY_FONT : fontSize;
    }

    /** The session of the first start. */
    public static Session empty() {
        return new Session(null, List.of(), -1, Map.of(), null, null, false, ORDINARY_FONT, List.of());
    }

    /** This session's theme, size of text, window and recent files, with what another one has open and shows. */
    public Session showing(Session other) {
        Map<String, String> shown = new TreeMap<>(other.settings);
        shown.remove(Look.SETTING);
        if (settings.containsKey(Look.SETTING)) {
            shown.put(Look.SETTING, settings.get(Look.SETTING));
        }
        return new Session(
                other.model, other.checkpoints, other.feature, shown, window, other.views, dark, fontSize, recent);
    }

    /** A checkpoint and the options it was opened with, by the names of the command line's options. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Checkpoint(String path, Map<String, String> options) {
        public Checkpoint {
            options = options == null ? Map.of() : Map.copyOf(options);
        }
    }

    /** Where the window was, in screen pixels. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Window(double x, double y, double width, double height, boolean maximised) {
        /** Whether a window can be there. */
        private boolean isPlace() {
            return Double.isFinite(x)
                    && Double.isFinite(y)
                    && width >= 1
                    && height >= 1
                    && width + height < MOST_PIXELS;
        }
    }

    /**
     * Something that was opened before: a model's folder, a checkpoint or a corpus.
     *
     * @param kind {@code corpus} for a text, a folder of texts or an index; null for a model or checkpoint
     * @param more further files and folders of a corpus; null for none
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Recent(
            String path,
            boolean model,
            @Nullable String kind,
            @Nullable List<String> more) {
        private static final String CORPUS = "corpus";

        /** A model, or else a checkpoint. */
        public Recent(String path, boolean model) {
            this(path, model, null, null);
        }

        static Recent ofCorpus(List<String> paths) {
            return new Recent(
                    paths.get(0),
                    false,
                    CORPUS,
                    paths.size() == 1 ? null : List.copyOf(paths.subList(1, paths.size())));
        }

        /** All of its files and folders; one but for a corpus. */
        public List<Path> paths() {
            return Stream.concat(Stream.of(path), more == null ? Stream.of() : more.stream())
                    .map(Path::of)
                    .toList();
        }

        @JsonIgnore
        public boolean isCorpus() {
            return CORPUS.equals(kind);
        }

        @JsonIgnore
        public boolean isCheckpoint() {
            return !model && kind == null;
        }
    }
}

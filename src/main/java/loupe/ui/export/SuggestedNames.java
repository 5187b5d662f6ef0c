package loupe.ui.export;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javafx.beans.property.BooleanProperty;

/**
 * A desk whose suggested names begin with what the file is of, so that the files of several features lie side by side:
 * {@code sae-topk-42-activations.png}.
 *
 * @param desk saves the files
 * @param prefix checkpoint and feature; empty for nothing
 */
public record SuggestedNames(FileSaver desk, Supplier<String> prefix) implements FileSaver {
    private static final Pattern EXTENSION = Pattern.compile("\\.([a-z][a-z0-9]*)$", Pattern.CASE_INSENSITIVE);

    @Override
    public Optional<Path> choose(String suggestedName, String kind) {
        String beginning = prefix.get();
        return desk.choose(beginning.isEmpty() ? suggestedName : beginning + "-" + suggestedName, kind);
    }

    @Override
    public void save(Callable<Path> work) {
        desk.save(work);
    }

    @Override
    public void saveWithRemark(Callable<Saved> work) {
        desk.saveWithRemark(work);
    }

    @Override
    public <T> void compute(Supplier<T> work, Consumer<T> then) {
        desk.compute(work, then);
    }

    @Override
    public BooleanProperty captionProperty() {
        return desk.captionProperty();
    }

    @Override
    public BooleanProperty formulasProperty() {
        return desk.formulasProperty();
    }

    /**
     * A file name that says what the file holds: the extension of the suggestion is added where there is none, and
     * where that of a picture stands on something else, or another one on a picture. For a picture the extension of
     * another format may stay, which then {@linkplain ExportFormat#named decides}.
     */
    public static String withExtension(String typed, String suggestedName) {
        String wanted = extension(suggestedName);
        String given = extension(typed);
        boolean fits = isOfPictures(wanted) ? isOfPictures(given) : !given.isEmpty() && !isOfPictures(given);
        return wanted.isEmpty() || fits ? typed : typed + "." + wanted;
    }

    private static boolean isOfPictures(String extension) {
        return Arrays.stream(ExportFormat.values())
                .anyMatch(format -> format.suffix().equals(extension));
    }

    /** The extension in small letters; empty for none. */
    static String extension(String name) {
        Matcher found = EXTENSION.matcher(name);
        return found.find() ? found.group(1).toLowerCase(Locale.ROOT) : "";
    }
}

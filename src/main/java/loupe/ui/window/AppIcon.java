package loupe.ui.window;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import javafx.scene.image.Image;

/** The program's icon in the sizes that window managers ask for; the pictures are those of the folder {@code icons}. */
public final class AppIcon {
    private static final int[] SIZES = {16, 32, 48, 64, 128, 256};

    private AppIcon() {}

    public static List<Image> images() {
        return IntStream.of(SIZES)
                .mapToObj(size -> "icons/sae-loupe-" + size + ".png")
                .map(name -> new Image(Objects.requireNonNull(AppIcon.class.getResourceAsStream(name), name)))
                .toList();
    }
}

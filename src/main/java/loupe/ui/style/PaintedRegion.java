package loupe.ui.style;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.css.CssMetaData;
import javafx.css.FontCssMetaData;
import javafx.css.SimpleStyleableObjectProperty;
import javafx.css.Styleable;
import javafx.css.StyleableProperty;
import javafx.css.converter.ColorConverter;
import javafx.scene.layout.Region;
import javafx.scene.paint.Color;
import javafx.scene.text.Font;
import org.jspecify.annotations.Nullable;

/**
 * A region that paints by itself (canvas, chart, tokens) with the colours and the font that the style sheets give its
 * role. The rule {@code .painted} of {@code workbench.css} sets them all.
 */
public class PaintedRegion extends Region {
    private static final String[] ROLES = {
        "text",
        "muted",
        "surface",
        "inset",
        "border",
        "grid",
        "accent",
        "mark",
        "side-a",
        "side-b",
        "heat-a",
        "heat-b",
        "positive",
        "negative",
        "faded"
    };
    private static final List<CssMetaData<PaintedRegion, Color>> COLOURS = new ArrayList<>();
    private static final CssMetaData<PaintedRegion, Font> FONT = new FontMetaData();
    private static final List<CssMetaData<? extends Styleable, ?>> ALL = new ArrayList<>(Region.getClassCssMetaData());

    static {
        for (int i = 0; i < ROLES.length; i++) {
            COLOURS.add(new ColourMetaData(i));
        }
        ALL.addAll(COLOURS);
        ALL.add(FONT);
    }

    private final List<SimpleStyleableObjectProperty<Color>> colours = new ArrayList<>();
    private final SimpleStyleableObjectProperty<Font> font =
            new SimpleStyleableObjectProperty<>(FONT, this, "font", Font.getDefault());
    private final ReadOnlyObjectWrapper<ColourRoles> palette = new ReadOnlyObjectWrapper<>(this, "palette");
    private boolean stale;
    private @Nullable Look look;

    private record Look(ColourRoles palette, Font font) {}

    public PaintedRegion() {
        getStyleClass().add("painted");
        for (CssMetaData<PaintedRegion, Color> colour : COLOURS) {
            SimpleStyleableObjectProperty<Color> property =
                    new SimpleStyleableObjectProperty<>(colour, this, colour.getProperty(), Color.GRAY);
            property.addListener((source, was, is) -> restyle());
            colours.add(property);
        }
        font.addListener((source, was, is) -> restyle());
        palette.set(gather());
    }

    public final ColourRoles palette() {
        if (stale) {
            stale = false;
            palette.set(gather());
        }
        return palette.get();
    }

    public final Font font() {
        return font.get();
    }

    /** The user's text scale: the font's size over the one that parts are drawn for. */
    public final double textScale() {
        return font.get().getSize() / TextWidths.SIZE;
    }

    /**
     * Whether colours or font have changed since the last call. To be called during layout: styling sets one colour
     * after the other, often to a transient value, and repainting at each would be sixteen times too often.
     */
    public final boolean restyled() {
        Look now = new Look(palette(), font.get());
        boolean changed = !now.equals(look);
        look = now;
        return changed;
    }

    private void restyle() {
        stale = true;
        requestLayout();
    }

    private ColourRoles gather() {
        Function<Integer, Color> role = i -> colours.get(i).get();
        return new ColourRoles(
                role.apply(0),
                role.apply(1),
                role.apply(2),
                role.apply(3),
                role.apply(4),
                role.apply(5),
                role.apply(6),
                role.apply(7),
                role.apply(8),
                role.apply(9),
                role.apply(10),
                role.apply(11),
                role.apply(12),
                role.apply(13),
                role.apply(14));
    }

    @Override
    public List<CssMetaData<? extends Styleable, ?>> getCssMetaData() {
        return ALL;
    }

    private static final class ColourMetaData extends CssMetaData<PaintedRegion, Color> {
        private final int role;

        ColourMetaData(int role) {
            super("-loupe-" + ROLES[role], ColorConverter.getInstance(), Color.GRAY, false);
            this.role = role;
        }

        @Override
        public boolean isSettable(PaintedRegion painted) {
            return !painted.colours.get(role).isBound();
        }

        @Override
        public StyleableProperty<Color> getStyleableProperty(PaintedRegion painted) {
            return painted.colours.get(role);
        }
    }

    private static final class FontMetaData extends FontCssMetaData<PaintedRegion> {
        FontMetaData() {
            super("-fx-font", Font.getDefault());
        }

        @Override
        public boolean isSettable(PaintedRegion painted) {
            return !painted.font.isBound();
        }

        @Override
        public StyleableProperty<Font> getStyleableProperty(PaintedRegion painted) {
            return painted.font;
        }
    }
}

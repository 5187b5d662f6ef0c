package loupe.ui.export;

import java.awt.Graphics2D;
import loupe.ui.style.ColourRoles;

/** Something that can be drawn on paper, at its own size. Immutable: taken on the FX thread, drawn on any. */
public interface Picture {
    /** The width in pixels at scale 1, which is a 96th of an inch. */
    double width();

    double height();

    /** Draws at the origin; the background is painted already. */
    void draw(Graphics2D graphics, ColourRoles palette);
}

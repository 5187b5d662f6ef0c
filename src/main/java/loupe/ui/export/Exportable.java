package loupe.ui.export;

/** A chart or a drawing that can be saved: as a picture, and as the numbers behind it. */
public interface Exportable {
    /** Its name in a suggested file name, such as {@code activations}. */
    String exportName();

    /** The picture as it is now; called on the FX thread, drawn on another. */
    Picture picture();

    /**
     * The picture at another size, where it has none of its own.
     *
     * @param width in pixels at scale 1, which is a 96th of an inch
     */
    default Picture picture(double width, double height) {
        return picture();
    }

    /** The numbers behind the picture, with a header. */
    Csv csv();
}

package loupe.ui.export;

/** A chart or a drawing that can be saved: as a picture, and as the numbers behind it. */
public interface Exportable {
    /** Its name in a suggested file name, such as {@code activations}. */
    String exportName();

    /** The picture as it is now; called on the FX thread, drawn on another. */
    Picture picture();

    /** The numbers behind the picture, with a header. */
    Csv csv();
}

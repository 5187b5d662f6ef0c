package loupe.archfixture.analysis;

/** Keeps a device array, shows a node and ends the process. */
public class HoldsArray {
    ai.djl.ndarray.NDArray kept;
    javafx.scene.Node node;

    void stop() {
        System.exit(1);
    }
}

package loupe.archfixture.state;

/** A view model with a node in it. */
public class HasNode {
    javafx.scene.Node node;
}

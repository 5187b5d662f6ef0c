package loupe.archfixture.ui;

/** Keeps the rules. */
public class Pane {}

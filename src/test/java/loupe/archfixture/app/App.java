package loupe.archfixture.app;

/** Keeps the rules. */
public class App {}

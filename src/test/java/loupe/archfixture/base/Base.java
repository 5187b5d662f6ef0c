package loupe.archfixture.base;

/** Keeps the rules. */
public class Base {}

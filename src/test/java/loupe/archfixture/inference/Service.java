package loupe.archfixture.inference;

/** Keeps the rules. */
public class Service {}

package loupe.archfixture.lm;

/** Keeps the rules. */
public class Model {}

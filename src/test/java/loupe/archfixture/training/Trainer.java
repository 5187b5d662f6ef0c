package loupe.archfixture.training;

/** Keeps the rules. */
public class Trainer {}

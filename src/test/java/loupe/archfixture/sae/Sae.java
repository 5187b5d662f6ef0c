package loupe.archfixture.sae;

/** Keeps the rules. */
public class Sae {}

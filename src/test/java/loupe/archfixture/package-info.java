/** Deliberate offenders: each class here breaks one rule of {@link loupe.ArchitectureTest}. Never used otherwise. */
package loupe.archfixture;

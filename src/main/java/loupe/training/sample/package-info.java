/**
 * Builds the sample that comes with the program: dictionary definitions, the language model that learns them, and its
 * sparse autoencoders.
 */
package loupe.training.sample;

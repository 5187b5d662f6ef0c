/**
 * Model folders: one reader for each family of language models, what a configuration says, and the weights as stored.
 */
package loupe.lm.folder;

/** Questions about texts: what a model and its autoencoders do, token by token. */
package loupe.analysis.prompts;

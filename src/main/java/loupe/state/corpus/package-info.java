/** What the corpus says about a feature: activations, histogram, examples, one's own text, and co-active features. */
package loupe.state.corpus;

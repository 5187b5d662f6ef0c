/** What the corpus says about a feature: activation histogram, examples, one's own text, and co-active features. */
package loupe.ui.corpus;

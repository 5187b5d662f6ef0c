/** What is near a feature: the token list, its nearest features and tokens, and its logit weights. */
package loupe.state.nearest;

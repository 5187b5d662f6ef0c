/** The definition tree that is shown, and its comparison with another one. */
package loupe.state.tree;

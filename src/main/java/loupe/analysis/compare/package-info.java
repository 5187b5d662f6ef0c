/** Two checkpoints side by side: which feature of one is which of the other. */
package loupe.analysis.compare;

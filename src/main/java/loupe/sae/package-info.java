/** The mathematics of sparse autoencoders and their configuration as data. */
package loupe.sae;

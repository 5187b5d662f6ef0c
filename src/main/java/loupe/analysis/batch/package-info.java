/**
 * Trees, token lists and best scales of many features: what is asked of each, and the file of JSON lines it is written
 * to.
 */
package loupe.analysis.batch;

/** Language models: a byte-level BPE, a small GPT-2 and its trainer. */
package loupe.training.lm;

package loupe.training.sample;

import java.util.List;

/**
 * One sense of one word: a row of the definitions file.
 *
 * @param lemma the word or phrase defined
 * @param partOfSpeech n, v, a or r (adverb), as the file has it
 * @param text the definition itself
 * @param examples sentences that use the word
 */
public record Definition(String lemma, String partOfSpeech, String text, List<String> examples) {}

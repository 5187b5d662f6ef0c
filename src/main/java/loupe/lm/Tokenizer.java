package loupe.lm;

/** Text to token ids and back; see ModelFolder for where it is read. */
public interface Tokenizer {
    int size();
}

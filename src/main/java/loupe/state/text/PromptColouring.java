package loupe.state.text;

/** What the backgrounds of the prompts' tokens tell. */
public enum PromptColouring {
    /** The chosen feature's activation. */
    ACTIVATION,
    /** How unexpected each token is to the model, in bits. */
    SURPRISAL
}

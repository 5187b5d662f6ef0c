package loupe.training.sample;

/** How a definition is written as a sentence: {@code before} lemma {@code between} definition {@code after}. */
enum DefinitionWording {
    /** The wording of definition trees. */
    TYPICAL("A typical definition of \"", "\" would be \"", "\""),
    ENTRY("", ": \"", "\""),
    MEANING("The word \"", "\" can mean \"", "\"");

    private final String before;
    private final String between;
    private final String after;

    DefinitionWording(String before, String between, String after) {
        this.before = before;
        this.between = between;
        this.after = after;
    }

    String before() {
        return before;
    }

    String between() {
        return between;
    }

    String after() {
        return after;
    }
}

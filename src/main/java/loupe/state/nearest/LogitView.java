package loupe.state.nearest;

/** How a feature's logit weights are shown. */
public enum LogitView {
    BARS("Bars"),
    HISTOGRAM("Histogram"),
    TOKENS("All tokens");

    private final String title;

    LogitView(String title) {
        this.title = title;
    }

    public String title() {
        return title;
    }
}

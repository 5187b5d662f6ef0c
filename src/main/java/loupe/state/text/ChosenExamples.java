package loupe.state.text;

import java.util.List;
import loupe.base.Cancellation;
import loupe.index.CountedActivations;
import loupe.index.FeatureActivations;
import loupe.search.ExampleTexts;
import loupe.state.pane.HostQuestion;

/**
 * Examples of a feature in the corpus.
 *
 * @param most how many at most
 * @param seed of uniform and random choices
 */
record ChosenExamples(
        CountedActivations counted, FeatureActivations active, ExampleTexts.Choice choice, int most, long seed)
        implements HostQuestion<List<ExampleTexts.Chosen>> {
    @Override
    public List<ExampleTexts.Chosen> answer(Cancellation cancellation) {
        return ExampleTexts.of(counted, active, choice, most, seed);
    }

    @Override
    public boolean readsFiles() {
        return true;
    }
}

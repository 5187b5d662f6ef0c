package loupe.app.chart;

import java.nio.file.Path;
import loupe.app.cli.CommandContext;
import loupe.app.cli.UsageException;
import loupe.app.features.LabelOptions;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.state.window.Provenance;

/** The words about a feature in a caption. */
final class LabelledFeature {
    private LabelledFeature() {}

    /** @throws UsageException if the checkpoint has no such feature */
    static int require(int feature, OpenSae sae, Path path) {
        if (feature >= sae.config().dSae()) {
            throw new UsageException("--feature is " + feature + ", the features of " + path + " are 0 to "
                    + (sae.config().dSae() - 1));
        }
        return feature;
    }

    /** Model, checkpoint, place and feature, with its label. */
    static String caption(CommandContext context, OpenModel model, OpenSae sae, int feature, LabelOptions labels) {
        String label = LabelOptions.read(labels.file(), context)
                .of(sae.weights(), feature)
                .label();
        return Provenance.feature(all(model, sae), feature, label);
    }

    /** Model, checkpoint and place. */
    static String all(OpenModel model, OpenSae sae) {
        return Provenance.of(
                model.id().toString(), sae.id().toString(), sae.config().hook());
    }
}

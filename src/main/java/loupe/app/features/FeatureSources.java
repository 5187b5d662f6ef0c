package loupe.app.features;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import loupe.analysis.batch.BatchFile;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.lens.LogitMoments;
import loupe.analysis.lens.LogitProjection;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.app.command.IndexedCheckpoint;
import loupe.app.command.ModelOptions;
import loupe.app.geometry.KindOptions;
import loupe.app.geometry.SetOptions;
import loupe.index.FeatureStatistics;
import loupe.index.IndexInfo;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.labels.LabelBook;
import loupe.lm.tokenizer.Tokenizer;
import loupe.sae.checkpoint.SaeFile;
import loupe.search.FeatureSearch;
import loupe.search.FeatureValues;
import loupe.search.NearestFeatures;
import loupe.search.SearchTexts;
import loupe.search.WordIndex;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say where more is known of a checkpoint's features than the checkpoint itself says. */
@OptionSection("Where more is known of the features")
public final class FeatureSources {
    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Folder of the model, for promoted tokens and the texts of an index.")
    private Path model;

    @Mixin
    private IndexedCheckpoint.Counted counted;

    @Option(
            names = "--batch",
            paramLabel = "FILE",
            description = "Output of batch, for the sentences of trees and the costs of ablation.")
    private Path batch;

    @Mixin
    private KindOptions kinds;

    /** Opens the model, if one is given. */
    public Optional<OpenModel> openModel(CommandContext context) {
        return Optional.ofNullable(model).map(path -> ModelOptions.embeddings(path, context));
    }

    /**
     * The numbers of a checkpoint's features, as far as the sources say them.
     *
     * @param file of the checkpoint, for what it says itself
     * @param matching with another checkpoint, if there is one
     * @param nearest whether the nearest direction of each is wanted, for which all pairs are compared
     */
    public FeatureValues values(
            CommandContext context,
            OpenSae sae,
            SaeFile file,
            Optional<OpenModel> lm,
            Optional<LogitMoments.Answer> moments,
            Optional<FeatureMatching.Answer> matching,
            boolean nearest) {
        int features = sae.config().dSae();
        return new FeatureValues(
                features,
                context.ask(new DirectionNorms(sae.id())),
                moments.orElse(null),
                FeatureValues.matches(matching.orElse(null), true),
                FeatureValues.trainedDensities(file),
                statistics(context, sae.id(), features).orElse(null),
                costs(context, sae.id(), features),
                nearest ? NearestFeatures.of(context.ask(NearestFeatures.question(sae.id()))) : null,
                kinds.thresholds(),
                id -> lm.map(model -> ModelOptions.text(model, id)).orElse("<" + id + ">"));
    }

    /** What a batch of the same checkpoint has measured of ablating each feature; null if there is none. */
    private double @Nullable [] costs(CommandContext context, SaeId sae, int features) {
        if (batch == null) {
            return null;
        }
        String of = BatchFile.sae(OptionPaths.existing(batch, "--batch"));
        if (!of.equals(sae.name())) {
            context.warn("--batch is of checkpoint " + of + ", so its costs of ablation are left out");
            return null;
        }
        return FeatureValues.costs(BatchFile.read(batch), features);
    }

    /** What the index is of, if one is given. */
    public Optional<IndexInfo> info() {
        return counted.info();
    }

    /** The moments and promoted tokens of a checkpoint's features. */
    public LogitMoments.Answer moments(CommandContext context, OpenModel lm, OpenSae sae) {
        if (sae.config().dOut() != lm.config().dModel()) {
            throw new UsageException("--model: the checkpoint writes vectors of "
                    + sae.config().dOut() + " numbers, the model reads "
                    + lm.config().dModel());
        }
        return context.ask(new LogitMoments(
                lm.id(),
                sae.id(),
                LogitProjection.DEFAULT,
                SearchTexts.PROMOTED_TOKENS,
                SetOptions.builtIn(context, lm)));
    }

    /** What was counted of the features, if an index is given. */
    Optional<FeatureStatistics> statistics(CommandContext context, SaeId sae, int features) {
        return counted.statistics(context, sae, features);
    }

    /**
     * A search over the features, by all that is known of them.
     *
     * @param sae the checkpoint, if there is a model
     * @param moments of the features, if there is a model
     */
    FeatureSearch search(
            CommandContext context,
            LabelOptions.Labelled of,
            LabelBook book,
            Optional<OpenModel> lm,
            Optional<OpenSae> sae,
            Optional<LogitMoments.Answer> moments) {
        List<WordIndex> indexes = new ArrayList<>();
        moments.ifPresent(answer -> indexes.add(
                SearchTexts.promoted(answer, id -> ModelOptions.text(lm.orElseThrow(), id), context.cancellation())));
        if (counted.isGiven()) {
            indexes.add(corpus(context, of.features(), lm, sae));
        }
        if (batch != null) {
            indexes.add(SearchTexts.sentences(BatchFile.read(OptionPaths.existing(batch, "--batch")), of.features()));
        }
        return new FeatureSearch(of.features(), indexes, book.features(of.key()));
    }

    private WordIndex corpus(CommandContext context, int features, Optional<OpenModel> opened, Optional<OpenSae> sae) {
        counted.check();
        OpenModel lm = opened.orElseThrow(() -> new UsageException("--index needs --model, for the texts of tokens"));
        Tokenizer tokenizer = lm.tokenizer()
                .orElseThrow(() -> new UsageException("--model has no tokenizer, so that --index has no texts"));
        return counted.read(
                context,
                sae.orElseThrow().id(),
                features,
                (index, place) -> SearchTexts.corpus(index, place, tokenizer::text, context.cancellation()));
    }
}

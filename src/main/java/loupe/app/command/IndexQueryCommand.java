package loupe.app.command;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.UsageException;
import loupe.index.ActivationIndex;
import loupe.index.CoActivations;
import loupe.index.TokenFeatures;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.TokenizerFiles;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code index query}: which features are active together with one, at the tokens of an id, or at one place. */
@Command(
        name = "query",
        description =
                "List the features that are active together with one, at a token wherever it occurs, or at one place.")
final class IndexQueryCommand extends LoupeCommand {
    @Parameters(paramLabel = "DIR", description = "The index's folder.")
    private Path folder;

    @ArgGroup(multiplicity = "1")
    private Question question;

    @Mixin
    private IndexedCheckpoint checkpoint;

    @Option(
            names = "--among",
            paramLabel = "NAME",
            description = "With --feature: the checkpoint whose features it is compared with (default: its own).")
    private String among;

    @Option(
            names = "--by",
            paramLabel = "MEASURE",
            description =
                    "Order; with --feature: pearson (default), cosine, phi, jaccard, both, share-of-feature, share-of-other; "
                            + "with --token and --text: mean (default), share, max, share-of-feature, mass-of-feature.")
    private String by;

    @Option(
            names = "--at-least",
            paramLabel = "N",
            defaultValue = "1",
            description = "With --feature: tokens in common with it (default: ${DEFAULT-VALUE}).")
    private long atLeast;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "Features listed (default: ${DEFAULT-VALUE}).")
    private int top;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "The model's folder, for token texts; without it tokens are <id>.")
    private Path model;

    /** One of them. */
    private static final class Question {
        @Option(names = "--feature", paramLabel = "I", description = "What is active together with this feature.")
        private Integer feature;

        @Option(names = "--token", paramLabel = "ID", description = "What is active at the tokens of this id.")
        private Integer token;

        @Option(names = "--text", paramLabel = "T", description = "Likewise, for a text that is one token of --model.")
        private String text;

        @Option(names = "--at", paramLabel = "N", description = "What is active at the N-th token of the index.")
        private Integer at;
    }

    @Override
    public Map<String, Object> run(CommandContext context) {
        if (top < 0) {
            throw new UsageException("--top is " + top + ", at least 0 is needed");
        }
        OptionPaths.existing(folder, "index query");
        Optional<Tokenizer> tokenizer = Optional.ofNullable(model)
                .map(path -> OptionPaths.existing(path, "--model"))
                .flatMap(TokenizerFiles::read);
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            int which = checkpoint.in(index.info());
            if (question.feature != null) {
                return together(index, which);
            }
            return question.at != null ? place(index, which, tokenizer) : token(index, which, tokenizer);
        } finally {
            tokenizer.ifPresent(Tokenizer::close);
        }
    }

    private Map<String, Object> together(ActivationIndex index, int which) {
        CoActivations.Measure measure = measure(CoActivations.Measure.values(), CoActivations.Measure.PEARSON);
        int feature = IndexedCheckpoint.require(index.info(), which, question.feature);
        int others = among == null ? which : IndexedCheckpoint.find(index.info(), among, "--among");
        CoActivations answer = index.coActivations(index.activations(which, feature), which, others);
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("feature", feature);
        result.put("tokens", answer.tokens());
        result.put("count", answer.count());
        result.put("by", name(measure));
        result.put(
                "features",
                Arrays.stream(answer.top(measure, top, atLeast))
                        .mapToObj(other -> {
                            Map<String, Object> row = new LinkedHashMap<>();
                            row.put("feature", other);
                            for (CoActivations.Measure each : CoActivations.Measure.values()) {
                                row.put(
                                        key(each),
                                        each == CoActivations.Measure.BOTH
                                                ? (Number) answer.both()[other]
                                                : (Number) answer.value(each, other));
                            }
                            return row;
                        })
                        .toList());
        return result;
    }

    private Map<String, Object> token(ActivationIndex index, int which, Optional<Tokenizer> tokenizer) {
        TokenFeatures.Measure measure = measure(TokenFeatures.Measure.values(), TokenFeatures.Measure.MEAN);
        TokenFeatures answer = index.featuresOf(which, id(tokenizer));
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("id", answer.id());
        result.put("token", text(tokenizer, answer.id()));
        result.put("occurrences", answer.occurrences());
        result.put("by", name(measure));
        result.put(
                "features",
                Arrays.stream(answer.top(measure, top))
                        .mapToObj(feature -> {
                            Map<String, Object> row = new LinkedHashMap<>();
                            row.put("feature", feature);
                            for (TokenFeatures.Measure each : TokenFeatures.Measure.values()) {
                                row.put(key(each), answer.value(each, feature));
                            }
                            return row;
                        })
                        .toList());
        return result;
    }

    private int id(Optional<Tokenizer> tokenizer) {
        if (question.token != null) {
            return question.token;
        }
        int[] ids = tokenizer
                .orElseThrow(() -> new UsageException("--text needs --model DIR with tokenizer files"))
                .encodeContinuation(question.text)
                .ids();
        if (ids.length != 1) {
            throw new UsageException("--text is " + ids.length + " tokens of the model: "
                    + Arrays.stream(ids)
                            .mapToObj(id -> "\"" + text(tokenizer, id) + "\"")
                            .collect(Collectors.joining(", ")));
        }
        return ids[0];
    }

    private Map<String, Object> place(ActivationIndex index, int which, Optional<Tokenizer> tokenizer) {
        if (by != null) {
            throw new UsageException("--by does not go with --at: features are listed by activation");
        }
        if (question.at < 0 || question.at >= index.info().tokens()) {
            throw new UsageException("--at is " + question.at + ", the index has tokens 0 to "
                    + (index.info().tokens() - 1));
        }
        int[] before = index.upTo(question.at);
        int id = before[before.length - 1];
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("at", question.at);
        result.put("position", before.length - 1);
        result.put("id", id);
        result.put("token", text(tokenizer, id));
        result.put("counted", index.isCounted(question.at));
        result.put(
                "features",
                index.featuresAt(which, question.at).stream()
                        .limit(top)
                        .map(active -> {
                            Map<String, Object> row = new LinkedHashMap<>();
                            row.put("feature", active.feature());
                            row.put("activation", active.activation());
                            return row;
                        })
                        .toList());
        return result;
    }

    private static String text(Optional<Tokenizer> tokenizer, int id) {
        return tokenizer.map(known -> known.text(id)).orElse("<" + id + ">");
    }

    private <M extends Enum<M>> M measure(M[] all, M otherwise) {
        if (by == null) {
            return otherwise;
        }
        return Arrays.stream(all)
                .filter(measure -> name(measure).equals(by))
                .findFirst()
                .orElseThrow(() -> new UsageException("--by is " + by + ", expected one of "
                        + Arrays.stream(all).map(IndexQueryCommand::name).collect(Collectors.joining(", "))));
    }

    private static String name(Enum<?> measure) {
        return key(measure).replace('_', '-');
    }

    private static String key(Enum<?> measure) {
        return measure.name().toLowerCase(Locale.ROOT);
    }
}

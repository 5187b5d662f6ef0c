package loupe.training.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import loupe.analysis.compare.SaeEvaluation;
import loupe.base.HookPoint;
import loupe.lm.ModelConfig;

/** The sample's README: where it comes from, how to build it again, and what was measured. */
final class SampleReadme {
    private final DefinitionCorpus corpus;
    private final DefinitionQuality quality;
    private final Map<String, SaeEvaluation.Answer> autoencoders;
    private final Map<String, Double> seconds;
    private final SampleBuilder.Plan plan;
    private final ModelConfig model;

    SampleReadme(
            DefinitionCorpus corpus,
            DefinitionQuality quality,
            Map<String, SaeEvaluation.Answer> autoencoders,
            Map<String, Double> seconds,
            SampleBuilder.Plan plan,
            ModelConfig model) {
        this.corpus = corpus;
        this.quality = quality;
        this.autoencoders = autoencoders;
        this.seconds = seconds;
        this.plan = plan;
        this.model = model;
    }

    /** Writes README.md into the sample's folder. */
    void write(Path folder, Path definitions) throws IOException {
        StringBuilder text = new StringBuilder();
        HookPoint hook = SampleSae.hook(model);
        Distillation.Plan taught = Distillation.Plan.of(plan.modelTokens());
        text.append(String.format(
                Locale.ROOT,
                """
                # The sample

                A small language model, sparse autoencoders of its residual stream, and a corpus, all trained and \
                written by this
                project's own code, so that every pane of the workbench has something real to show without a download.

                | file | what it is |
                |---|---|
                | `glossary/` | a GPT-2 in Hugging Face layout (%d layers, %d wide, %d heads, context %d, %.2f \
                million parameters) with its own byte-level BPE of %,d tokens; it writes definitions |
                | `sae-topk/` | %,d features on the residual stream leaving block %d (`%s`), top %d; \
                dictionary_learning layout |
                | `sae-topk-early/` | an early step of the same run |
                | `sae-tokenized.pt` | as many features and a bias for each token, on the mean-centred residual \
                stream at the same place; tokenized-sae layout, which cannot say k and place: give `--k %d --hook %s` |
                | `sae-jumprelu/` | trained as a batch top-k, written with its one threshold as JumpReLU; SAELens \
                layout |
                | `corpus.txt` | sentences the model wrote, drawn at temperature 1 with a fixed seed, for \
                statistics; no text of the dictionary |

                ## Origin

                The model was trained on definitions and examples of [Open English WordNet](https://en-word.net/), \
                which is derived from
                Princeton WordNet. Open English WordNet is made by the Open English WordNet Community and published \
                under
                [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/); Princeton WordNet is under the WordNet \
                licence. The model and
                everything else in this folder were made from it by training; the dictionary itself is not here. \
                What the model writes is
                not checked by anybody and often wrong.

                Definitions are put as sentences: `A typical definition of "otter" would be "..."`, `otter: "..."` and
                `The word "otter" can mean "..."`, with `<|endoftext|>` (token 0) between sentences. One definition \
                text in fifty is
                held out, whatever words it belongs to. A definition of a word of one token is shown 1.5 times per \
                epoch, or once if the
                word has ten senses and more, but its first then 20 times; any other definition once, an example 0.3 \
                times.

                %d models were trained separately, on %.0f million tokens each, and wrote %.1f million
                tokens of such sentences. For these and the dictionary, %.1f million tokens in all, the
                models' mean probabilities became soft targets: %d tokens drawn at each position, beside
                the actual next token, which counts as %d. The last model was trained further on them
                until it had seen %.0f million tokens.

                ## Build it again

                    packaging/sae-loupe train-sample --definitions definitions.tsv --out sample-checkpoints

                A line of `definitions.tsv` is lemma, part of speech, definition and examples (joined by ` | `), \
                with tabs between.
                Finished parts are not built again; a stopped run is resumed.

                """,
                model.nLayers(),
                model.dModel(),
                model.nHeads(),
                model.context(),
                parameters() / 1e6,
                model.vocabularySize(),
                SampleSae.EXPANSION * model.dModel(),
                hook.layer(),
                hook,
                SampleSae.K,
                SampleSae.K,
                hook,
                taught.teachers(),
                taught.teacherTokens() / 1e6,
                taught.writtenTokens() / 1e6,
                taught.lessonTokens() / 1e6,
                SoftTargets.DRAWS,
                SoftTargets.TRUE_WEIGHT,
                taught.modelTokens() / 1e6));
        text.append(String.format(
                Locale.ROOT,
                "Seed %d; %,d training rows, %,d held-out rows; each autoencoder saw %,d tokens.%n%n",
                plan.seed(),
                corpus.training().size(),
                corpus.heldOut().size(),
                plan.saeTokens()));
        if (!seconds.isEmpty()) {
            text.append("| part | minutes |\n|---|---|\n");
            seconds.forEach(
                    (part, time) -> text.append(String.format(Locale.ROOT, "| %s | %.1f |%n", part, time / 60)));
            text.append('\n');
        }
        languageModel(text);
        features(text);
        samples(text, "Ten words of the training rows", quality.training());
        samples(text, "Ten words of the held-out rows, whose definition here it has never seen", quality.heldOut());
        hashes(text, folder, definitions);
        Files.writeString(folder.resolve("README.md"), text);
    }

    /** The number of parameters of a GPT-2 with tied unembedding. */
    private long parameters() {
        long d = model.dModel();
        return (model.vocabularySize() + model.context()) * d + model.nLayers() * (12 * d * d + 13 * d) + 2 * d;
    }

    private void languageModel(StringBuilder text) {
        HeldOutLoss loss = quality.loss();
        text.append(String.format(
                Locale.ROOT,
                """
                ## The language model

                Nats per token on the %,d tokens of all distinct held-out definition texts (what stands between the \
                quotation marks, each
                after its first word in the first wording):

                | model | bigram | better by |
                |---|---|---|
                | %.3f | %.3f | %.3f |

                The bigram model is 0.9 bigram + 0.1 unigram, counted on every training sentence once. The unigram \
                counts each token once
                more than it was seen; after a token never seen, only the unigram is used.

                Of the %d training words of one token with the most senses, %.1f %% get a greedy definition that has \
                one of its first three
                content words in a true definition of the word.

                """,
                loss.tokens(),
                loss.model(),
                loss.bigram(),
                loss.bigram() - loss.model(),
                quality.lemmas(),
                100 * quality.recognisableShare()));
    }

    private void features(StringBuilder text) {
        long tokens = autoencoders.values().stream()
                .mapToLong(SaeEvaluation.Answer::tokens)
                .max()
                .orElse(0);
        text.append(String.format(Locale.ROOT, """
                ## The autoencoders

                On the first %,d tokens of `corpus.txt`, in contexts of 128. Explained variance is pooled over \
                dimensions; CE recovered is
                (CE_zero - CE_sae) / (CE_zero - CE_clean), the reconstruction replacing the residual stream at every \
                position; dead
                features are those that were off at all of these tokens.

                | autoencoder | L0 | explained variance | CE recovered | CE clean | CE with it | CE zero | dead |
                |---|---|---|---|---|---|---|---|
                """, tokens));
        autoencoders.forEach((name, answer) -> text.append(String.format(
                Locale.ROOT,
                "| %s | %.1f | %.3f | %.1f %% | %.3f | %.3f | %.3f | %.1f %% |%n",
                name,
                answer.metrics().l0(),
                answer.metrics().fve(),
                100 * answer.ceRecovered(),
                answer.ceClean(),
                answer.ceSae(),
                answer.ceZero(),
                100 * (1 - answer.metrics().alive()))));
        text.append('\n');
    }

    private void samples(StringBuilder text, String title, List<DefinitionQuality.Sample> samples) {
        text.append("## ")
                .append(title)
                .append("\n\nDrawn by the seed among words of one to three tokens, written greedily, printed as they "
                        + "came.\n\n")
                .append("| word | the model writes | the dictionary, among others |\n|---|---|---|\n");
        samples.forEach(sample -> text.append("| ")
                .append(cell(sample.lemma()))
                .append(" | ")
                .append(cell(sample.written()))
                .append(" | ")
                .append(cell(sample.dictionary()))
                .append(" |\n"));
        text.append('\n');
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("\n", " ");
    }

    private void hashes(StringBuilder text, Path folder, Path definitions) throws IOException {
        text.append("## SHA-256\n\n| file | hash |\n|---|---|\n");
        text.append("| the definitions file (not here) | `")
                .append(TrainingOrigin.sha256(definitions))
                .append("` |\n");
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(f -> !f.getFileName().toString().equals("README.md"))
                    .sorted()
                    .toList()) {
                text.append("| `")
                        .append(folder.relativize(file))
                        .append("` | `")
                        .append(TrainingOrigin.sha256(file))
                        .append("` |\n");
            }
        }
    }
}

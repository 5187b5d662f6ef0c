package loupe.training.sample;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import loupe.analysis.compare.SaeEvaluation;
import loupe.base.AsideFile;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.WriterLock;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.lm.Processing;
import loupe.lm.folder.ModelFolder;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.TokenizerFiles;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.training.Stopwatch;
import loupe.training.lm.BpeTrainer;
import loupe.training.lm.GptFolder;
import loupe.training.lm.LanguageModelTrainer;

/**
 * Builds the sample from a definitions file: tokenizer, language model, autoencoders, corpus, README. Finished parts
 * are skipped: they lie in the output folder, the model in training in the work folder. One thread.
 */
public final class SampleBuilder {
    private static final TrainingText.Weighting WEIGHTING = new TrainingText.Weighting(20, 1, 1.5, 1, 1, 0.3);
    private static final long LEMMA_COUNT = 5;
    private static final long DEFINITION_COUNT = 2;
    private static final long FRAME_COUNT = 100_000;
    private static final int SEPARATOR = 0;
    private static final String MODEL_FOLDER = "glossary";
    private static final String TOKENIZER_FOLDER = "tokenizer";

    private final Path definitions;
    private final Path out;
    private final Path work;
    private final Plan plan;
    private final Sizes sizes;
    private final Progress progress;
    private final Cancellation cancellation;
    private final Stopwatch stopwatch;

    /**
     * How much is done.
     *
     * @param modelTokens tokens the language model is shown
     * @param saeTokens activations each autoencoder is shown
     * @param corpusTokens tokens of the corpus that the model writes
     */
    public record Plan(long modelTokens, long saeTokens, long corpusTokens, long seed) {
        /** What the bundled sample was built with. */
        public static final Plan SAMPLE = new Plan(51_000_000, 1_000_000, 300_000, 20261121);
    }

    /**
     * How large things are.
     *
     * @param rows contexts per step of the language model
     * @param measured contexts on which the autoencoders are measured
     */
    record Sizes(int vocabulary, int context, int dModel, int nLayers, int nHeads, int rows, int measured) {
        /** The sizes of the bundled sample. */
        static final Sizes SAMPLE = new Sizes(8192, 128, 192, 5, 6, 8, 250);

        /** A GPT-2 with the native GELU, which is faster than the approximation that GPT-2 itself uses. */
        ModelConfig config() {
            int dHead = dModel / nHeads;
            return new ModelConfig(
                    "gpt2",
                    vocabulary,
                    context,
                    dModel,
                    nLayers,
                    nHeads,
                    nHeads,
                    dHead,
                    4 * dModel,
                    1e-5,
                    ModelConfig.MlpActivation.GELU,
                    Collections.nCopies(nLayers, 1 / Math.sqrt(dHead)),
                    ModelConfig.Wiring.GPT2);
        }
    }

    /** Receives the progress of the work. */
    public interface Progress {
        /**
         * Reports the progress of a part.
         *
         * @param fraction of this part, 0 to 1
         */
        void show(String part, double fraction, String detail);
    }

    /** @param work folder for unfinished parts; kept to resume later */
    public SampleBuilder(Path definitions, Path out, Path work, Plan plan, Progress progress, Cancellation cancellation)
            throws IOException {
        this(definitions, out, work, plan, Sizes.SAMPLE, progress, cancellation);
    }

    SampleBuilder(
            Path definitions, Path out, Path work, Plan plan, Sizes sizes, Progress progress, Cancellation cancellation)
            throws IOException {
        this.sizes = sizes;
        this.definitions = definitions;
        this.out = out;
        this.work = work;
        this.plan = plan;
        this.progress = progress;
        this.cancellation = cancellation;
        this.stopwatch = new Stopwatch(work.resolve("seconds.json"));
    }

    /**
     * Builds whatever is missing.
     *
     * @return what was measured, by name
     * @throws CheckpointException if somebody else is writing in one of the folders
     * @throws java.util.concurrent.CancellationException if stopped; another call resumes from there
     */
    public SampleFigures build() throws IOException {
        DefinitionCorpus corpus = DefinitionCorpus.read(definitions);
        TrainingOrigin origin = TrainingOrigin.ofUnfinished(definitions, plan, sizes);
        long start = System.nanoTime();
        Optional<BpeTrainer.Vocabulary> vocabulary =
                Files.exists(tokenizerFile()) ? Optional.empty() : Optional.of(vocabulary(corpus));
        long nanoseconds = System.nanoTime() - start;
        Files.createDirectories(out);
        Files.createDirectories(work);
        try (WriterLock finished = WriterLock.take(out)) {
            try (WriterLock unfinished = Files.isSameFile(out, work) ? finished : WriterLock.take(work)) {
                origin.ofFinished(plan).bind(out, MODEL_FOLDER);
                origin.bind(work, TOKENIZER_FOLDER);
                if (vocabulary.isPresent()) {
                    vocabulary.get().write(work.resolve(TOKENIZER_FOLDER), sizes.context);
                    stopwatch.add("tokenizer", nanoseconds);
                }
                return build(corpus, unfinished);
            }
        }
    }

    /** The last file of the tokenizer to be written. */
    private Path tokenizerFile() {
        return work.resolve(TOKENIZER_FOLDER).resolve("tokenizer_config.json");
    }

    /**
     * The folder of the parts in training that are made from these definitions and settings, below a folder of many.
     */
    public static Path workFolder(Path all, Path definitions, Plan plan) throws IOException {
        return all.resolve(
                TrainingOrigin.ofUnfinished(definitions, plan, Sizes.SAMPLE).key());
    }

    private SampleFigures build(DefinitionCorpus corpus, WriterLock lock) throws IOException {
        Path tokenizerFolder = work.resolve(TOKENIZER_FOLDER);
        try (Tokenizer tokenizer = TokenizerFiles.read(tokenizerFolder).orElseThrow();
                NDManager manager = NDManager.newBaseManager()) {
            progress.show("text", 0, "");
            TrainingText text = new TrainingText(corpus.training(), encoder(tokenizer), WEIGHTING);
            DefinitionQuality quality = learnLanguage(manager, corpus, text, tokenizer, tokenizerFolder);
            try (ModelFolder folder = ModelFolder.open(out.resolve(MODEL_FOLDER));
                    LanguageModel model = folder.read(Processing.RAW)
                            .on(manager.newSubManager())
                            .seal()) {
                writeCorpus(manager, model, tokenizer);
                learnFeatures(manager, model, text);
                Map<String, SaeEvaluation.Answer> measured = measure(manager, model, tokenizer);
                lock.require();
                new SampleReadme(corpus, quality, measured, stopwatch.seconds(), plan, model.config())
                        .write(out, definitions);
                return SampleFigures.of(quality, measured, stopwatch.seconds());
            }
        }
    }

    /**
     * How good the language model of a finished sample is, by the same names as {@link #build}'s.
     *
     * @param sample folder that a builder filled
     */
    public static SampleFigures measureLanguageModel(Path definitions, Path sample, long seed) throws IOException {
        DefinitionCorpus corpus = DefinitionCorpus.read(definitions);
        Path folder = sample.resolve(MODEL_FOLDER);
        try (Tokenizer tokenizer = TokenizerFiles.read(folder)
                        .orElseThrow(() -> new CheckpointException(
                                folder,
                                "there is no tokenizer",
                                "the sample's language model",
                                "Train the sample anew"));
                NDManager manager = NDManager.newBaseManager()) {
            TrainingText text = new TrainingText(corpus.training(), encoder(tokenizer), WEIGHTING);
            return SampleFigures.of(
                    DefinitionQuality.measure(manager, GptFolder.read(manager, folder), corpus, text, tokenizer, seed));
        }
    }

    /** @throws CheckpointException if the definitions have too few words for a tokenizer of the model's size */
    private BpeTrainer.Vocabulary vocabulary(DefinitionCorpus corpus) {
        BpeTrainer trainer = new BpeTrainer();
        Set<String> seen = new HashSet<>();
        for (Definition row : corpus.training()) {
            trainer.add(row.lemma(), LEMMA_COUNT);
            if (seen.add(row.text())) {
                trainer.add(row.text(), DEFINITION_COUNT);
            }
            row.examples().stream().filter(seen::add).forEach(example -> trainer.add(example, 1));
        }
        for (DefinitionWording wording : DefinitionWording.values()) {
            for (String part : List.of(wording.before(), wording.between(), wording.after())) {
                trainer.add(part, FRAME_COUNT);
            }
        }
        BpeTrainer.Vocabulary learnt = trainer.train(sizes.vocabulary);
        if (learnt.tokens().size() < sizes.vocabulary) {
            throw new CheckpointException(
                    definitions,
                    "its " + (corpus.training().size() + corpus.heldOut().size()) + " definitions have words for "
                            + learnt.tokens().size() + " tokens",
                    "words for " + sizes.vocabulary,
                    "Add definitions");
        }
        return learnt;
    }

    private static Function<String, int[]> encoder(Tokenizer tokenizer) {
        Map<String, int[]> cache = new HashMap<>();
        return words -> cache.computeIfAbsent(
                words, w -> tokenizer.encode(w, Tokenizer.Beginning.NO).ids());
    }

    /** @param text the dictionary alone; the model learns from a text of its own, to which its teachers add theirs */
    private DefinitionQuality learnLanguage(
            NDManager manager, DefinitionCorpus corpus, TrainingText text, Tokenizer tokenizer, Path tokenizerFolder)
            throws IOException {
        TrainingText taught = new TrainingText(corpus.training(), encoder(tokenizer), WEIGHTING);
        Distillation distillation = new Distillation(
                manager,
                sizes.config(),
                sizes.rows,
                Distillation.Plan.of(plan.modelTokens),
                plan.seed,
                work,
                progress,
                cancellation);
        LanguageModelTrainer[] finished = new LanguageModelTrainer[1];
        stopwatch.time("language model", () -> finished[0] = distillation.learn(taught, tokenizerFolder));
        try (LanguageModelTrainer trainer = finished[0]) {
            Path folder = out.resolve(MODEL_FOLDER);
            if (!Files.exists(folder.resolve("config.json"))) {
                GptFolder.write(folder, sizes.config(), trainer.model().parameters(), tokenizerFolder);
            }
            progress.show("definitions", 0, "");
            return DefinitionQuality.measure(manager, trainer.model(), corpus, text, tokenizer, plan.seed);
        }
    }

    private void writeCorpus(NDManager manager, LanguageModel model, Tokenizer tokenizer) throws IOException {
        Path file = out.resolve("corpus.txt");
        if (Files.exists(file)) {
            return;
        }
        progress.show("corpus", 0, "");
        List<int[]> sentences = new ArrayList<>();
        stopwatch.time(
                "corpus",
                () -> sentences.addAll(new CorpusSampler(manager, model, plan.seed)
                        .sentences(plan.corpusTokens, SEPARATOR, cancellation)));
        StringBuilder written = new StringBuilder();
        for (int[] sentence : sentences) {
            written.append(tokenizer.decode(sentence).replaceAll("\\s+", " ").strip())
                    .append(BpeTrainer.END_OF_TEXT)
                    .append('\n');
        }
        AsideFile.replace(file, aside -> Files.writeString(aside, written, StandardCharsets.UTF_8));
    }

    private void learnFeatures(NDManager manager, LanguageModel model, TrainingText text) throws IOException {
        for (SampleSae sae : SampleSae.values()) {
            if (!sae.exists(out)) {
                PackedContexts contexts =
                        new PackedContexts(text, sizes.context, plan.seed + 1, Distillation.OTHER_SHARE);
                Supplier<int[]> next =
                        () -> java.util.Arrays.stream(contexts.next(1).inputs())
                                .mapToInt(Math::toIntExact)
                                .toArray();
                stopwatch.time(
                        sae.fileName(),
                        () -> sae.train(
                                manager,
                                model,
                                next,
                                SEPARATOR,
                                plan.saeTokens,
                                plan.seed,
                                out,
                                (fraction, detail) -> progress.show("autoencoder", fraction, detail),
                                cancellation));
            }
        }
    }

    /** Evaluates every checkpoint of the sample, by file name; the tokenized one also without its lookup. */
    private Map<String, SaeEvaluation.Answer> measure(NDManager manager, LanguageModel model, Tokenizer tokenizer)
            throws IOException {
        int[][] texts = corpusContexts(tokenizer);
        Map<String, SaeEvaluation.Answer> measured = new LinkedHashMap<>();
        for (String name : List.of(
                SampleSae.TOP_K.fileName(),
                SampleSae.EARLY,
                SampleSae.TOKENIZED.fileName(),
                SampleSae.JUMP_RELU.fileName())) {
            boolean tokenized = name.equals(SampleSae.TOKENIZED.fileName());
            SaeOptions options = tokenized
                    ? SaeOptions.builder()
                            .k(OptionalInt.of(SampleSae.K))
                            .hook(Optional.of(SampleSae.hook(model.config())))
                            .centred(Optional.of(true))
                            .build()
                    : SaeOptions.AS_STORED;
            SaeFile file = SaeFile.read(out.resolve(name), options);
            for (boolean lookup : tokenized ? new boolean[] {true, false} : new boolean[] {false}) {
                progress.show("measure", 0, name);
                try (SparseAutoencoder sae = SparseAutoencoder.upload(
                        manager, file.config().withLookup(lookup), file.readWeights(cancellation))) {
                    measured.put(
                            tokenized && !lookup ? name + " without its lookup" : name,
                            SampleSae.measure(manager, model, sae, texts, cancellation));
                }
            }
        }
        return measured;
    }

    /** The corpus packed as the activation index packs it: a separator before each sentence, no padding. */
    private int[][] corpusContexts(Tokenizer tokenizer) throws IOException {
        int[][] contexts = new int[sizes.measured][sizes.context];
        int at = 0;
        for (String sentence : Files.readString(out.resolve("corpus.txt"))
                .split(java.util.regex.Pattern.quote(BpeTrainer.END_OF_TEXT), 0)) {
            int[] ids = tokenizer
                    .encode(BpeTrainer.END_OF_TEXT + sentence.strip(), Tokenizer.Beginning.NO)
                    .ids();
            for (int id : ids) {
                if (at == sizes.measured * sizes.context) {
                    return contexts;
                }
                contexts[at / sizes.context][at % sizes.context] = id;
                at++;
            }
        }
        return java.util.Arrays.copyOf(contexts, at / sizes.context);
    }
}

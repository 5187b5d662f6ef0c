package loupe.lm.tokenizer;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.NativeLibraries;
import loupe.base.Refusal;
import loupe.base.RegularFile;
import loupe.base.Utf8Text;
import loupe.format.JsonFiles;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer read from a Hugging Face folder: {@code tokenizer.json}, or {@code vocab.json} with {@code merges.txt}
 * (byte-level BPE with GPT-2's split). The work is done by Hugging Face's own library.
 */
public final class TokenizerFiles implements Tokenizer {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DOWNLOAD_OR_REMOVE = "Download the file again, or remove it to work with token ids";

    private final Encoder usual;
    private final EncoderProcess apart;
    private final boolean prefixes;
    private final String[] texts;
    private final TokenizerSettings settings;
    private final OptionalInt beginning;
    private final Set<Integer> ends;
    private final TextPieces pieces;
    /** Spellings of tokens that divide a text before it is normalised; what follows one counts as a beginning. */
    private final List<String> dividing;

    /**
     * @param usual encodes texts of usual length
     * @param apart encodes longer ones; may be the same
     * @param prefixes whether something is put in front of texts
     * @param dividing spellings of added tokens
     */
    private TokenizerFiles(
            Encoder usual,
            EncoderProcess apart,
            boolean prefixes,
            String[] texts,
            TokenizerSettings settings,
            OptionalInt beginning,
            Set<Integer> ends,
            TextPieces pieces,
            List<String> dividing) {
        this.usual = usual;
        this.apart = apart;
        this.prefixes = prefixes;
        this.texts = texts;
        this.settings = settings;
        this.beginning = beginning;
        this.ends = Set.copyOf(ends);
        this.pieces = pieces;
        this.dividing = dividing;
    }

    /**
     * The tokenizer of a folder, or empty if it has none that can be read: see {@link #absence}.
     *
     * @throws CheckpointException if the files are there but cannot be used
     */
    public static Optional<Tokenizer> read(Path folder) {
        return read(folder, TextPieces.USUAL, EncoderProcess.Limits.USUAL);
    }

    /**
     * The same with other limits.
     *
     * @param pieces characters that are read at a time of a long text
     * @param limits of what runs in a process of its own
     */
    static Optional<Tokenizer> read(Path folder, int pieces, EncoderProcess.Limits limits) {
        Path whole = folder.resolve("tokenizer.json");
        Path vocabulary = folder.resolve("vocab.json");
        Path merges = folder.resolve("merges.txt");
        Path used = Files.exists(whole) ? whole : vocabulary;
        TokenizerSettings settings = TokenizerSettings.read(folder);
        if (Files.exists(used)) {
            loadLibrary();
        }
        try {
            if (Files.exists(whole)) {
                JsonNode file = JsonFiles.read(whole);
                return Optional.of(of(
                        whole,
                        file,
                        untrimmed(file) ? JSON.writeValueAsBytes(file) : Files.readAllBytes(whole),
                        settings,
                        pieces,
                        limits));
            }
            if (Files.exists(vocabulary) && Files.exists(merges) && settings.splitsAsGpt2()) {
                JsonNode assembled = byteLevel(JsonFiles.read(vocabulary), merges(merges));
                return Optional.of(
                        of(vocabulary, assembled, JSON.writeValueAsBytes(assembled), settings, pieces, limits));
            }
            return Optional.empty();
        } catch (CheckpointException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new CheckpointException(
                    used,
                    "the tokenizer cannot be read (" + NativeTokenizer.brief(String.valueOf(e.getMessage())) + ")",
                    "the files of a Hugging Face tokenizer",
                    DOWNLOAD_OR_REMOVE,
                    e);
        }
    }

    private static Tokenizer of(
            Path path,
            JsonNode file,
            byte[] bytes,
            TokenizerSettings settings,
            int pieces,
            EncoderProcess.Limits limits)
            throws IOException {
        TokenizerDefects.refuse(path, file);
        Map<Integer, String> spellings = new HashMap<>();
        Map<String, Integer> ids = new HashMap<>();
        JsonNode vocabulary = file.path("model").path("vocab");
        if (vocabulary.isObject()) {
            vocabulary
                    .properties()
                    .forEach(entry -> spellings.put(entry.getValue().asInt(), entry.getKey()));
        } else {
            for (int id = 0; id < vocabulary.size(); id++) {
                spellings.put(id, vocabulary.get(id).path(0).asText());
            }
        }
        boolean byteLevel =
                mentions(file.path("decoder"), "ByteLevel") || mentions(file.path("pre_tokenizer"), "ByteLevel");
        Map<Integer, String> added = new HashMap<>();
        file.path("added_tokens")
                .forEach(token -> added.put(
                        token.path("id").asInt(), token.path("content").asText()));
        int size = 1
                + Math.max(
                        spellings.keySet().stream().mapToInt(id -> id).max().orElse(-1),
                        added.keySet().stream().mapToInt(id -> id).max().orElse(-1));
        String[] texts = new String[size];
        spellings.forEach((id, spelling) -> {
            texts[id] = byteLevel ? TokenSpelling.ofByteLevel(spelling) : TokenSpelling.ofSentencePiece(spelling);
            ids.put(spelling, id);
        });
        added.forEach((id, content) -> {
            texts[id] = content;
            ids.put(content, id);
        });
        OptionalInt first = settings.beginnings().stream()
                .filter(ids::containsKey)
                .mapToInt(ids::get)
                .findFirst();
        Set<Integer> ends =
                settings.ends().stream().filter(ids::containsKey).map(ids::get).collect(Collectors.toSet());
        boolean harmless = HarmlessTokenizer.is(file);
        Optional<TextPieces.Borders> known = harmless ? Optional.of(TextPieces.Borders.of(file)) : Optional.empty();
        TokenizerSource source =
                new TokenizerSource(path, bytes, unprefixed(file) ? JSON.writeValueAsBytes(file) : new byte[0]);
        EncoderProcess apart = new EncoderProcess(source, limits);
        return new TokenizerFiles(
                harmless ? NativeEncoder.of(source) : apart,
                apart,
                source.continues(),
                texts,
                settings,
                first,
                ends,
                new TextPieces(known.orElseGet(apart::open), pieces),
                List.copyOf(new LinkedHashSet<>(added.values())));
    }

    /** @throws loupe.base.Refusal if the library cannot be unpacked or run, which is no tokenizer's fault */
    private static void loadLibrary() {
        try {
            LibUtils.checkStatus();
        } catch (EngineException | LinkageError failure) {
            throw NativeLibraries.unusable("tokenizer", failure);
        }
    }

    /**
     * Lets spans keep the spaces that belong to their tokens, which changes no id.
     *
     * @return whether anything was changed
     */
    private static boolean untrimmed(JsonNode file) {
        boolean changed = false;
        for (JsonNode part : file.path("post_processor").findParents("trim_offsets")) {
            changed |= part.path("trim_offsets").asBoolean();
            ((ObjectNode) part).put("trim_offsets", false);
        }
        return changed;
    }

    /**
     * Removes the settings that put a space in front of every text. Those that put one in front of every word stay,
     * since a continuation begins with a word.
     *
     * @return whether anything was removed
     */
    private static boolean unprefixed(JsonNode file) {
        boolean changed = false;
        for (String place : List.of("normalizer", "pre_tokenizer")) {
            boolean ofWords = false;
            for (JsonNode part : file.path(place).findParents("type")) {
                String type = part.path("type").asText();
                if (ofWords && !part.path("prepend_scheme").asText().equals("first")) {
                    continue;
                }
                ofWords |= type.equals("WhitespaceSplit");
                if (type.equals("Prepend")) {
                    changed |= !part.path("prepend").asText().isEmpty();
                    // not an empty text in front, which takes the first character's span from it
                    ((ObjectNode) part).removeAll().put("type", "Sequence").putArray("normalizers");
                } else if (part.path("add_prefix_space").asBoolean()
                        || part.path("prepend_scheme").asText("never").matches("always|first")) {
                    changed = true;
                    ((ObjectNode) part).put("add_prefix_space", false);
                    if (type.equals("Metaspace")) {
                        ((ObjectNode) part).put("prepend_scheme", "never");
                    }
                }
            }
        }
        return changed;
    }

    /** Why {@link #read} finds no tokenizer in a folder and what to do about it: one sentence without a full stop. */
    public static String absence(Path folder) {
        Optional<String> found = Stream.of("tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
                .filter(name -> Files.exists(folder.resolve(name)))
                .findFirst();
        String shown = "so tokens are shown by their ids";
        return found.map(name -> "There is no tokenizer.json, and " + name + " cannot be read without it, " + shown
                        + ". Download tokenizer.json from the model's page, "
                        + "or make it, in the model's folder, with: python3 -c \"from transformers import "
                        + "AutoTokenizer; AutoTokenizer.from_pretrained('.').save_pretrained('.')\"")
                .orElse("There is no tokenizer, " + shown);
    }

    /** The lines of a merges file that are merges: two parts of a token with a blank between. */
    private static List<String> merges(Path file) throws IOException {
        List<String> merges = new ArrayList<>();
        try (BufferedReader reader = Utf8Text.reader(Files.newInputStream(RegularFile.require(file)))) {
            int number = 0;
            for (String line; (line = reader.readLine()) != null; ) {
                number++;
                if (line.isBlank() || line.startsWith("#version")) {
                    continue;
                }
                int blank = line.indexOf(' ');
                if (blank < 1 || blank == line.length() - 1 || line.indexOf(' ', blank + 1) >= 0) {
                    throw refusedMerges(file, "line " + number + " is \"" + line + "\"", null);
                }
                merges.add(line);
            }
            return merges;
        } catch (CharacterCodingException e) {
            throw refusedMerges(file, "this is not UTF-8 text", e);
        }
    }

    private static CheckpointException refusedMerges(Path file, String found, @Nullable Throwable cause) {
        return new CheckpointException(file, found, "two parts of a token a line", DOWNLOAD_OR_REMOVE, cause);
    }

    /** The tokenizer.json that GPT-2's two older files amount to. */
    private static JsonNode byteLevel(JsonNode vocabulary, List<String> mergeLines) {
        JsonNodeFactory make = JsonNodeFactory.instance;
        ArrayNode merges = make.arrayNode();
        mergeLines.forEach(merges::add);
        ArrayNode added = make.arrayNode();
        if (vocabulary.has("<|endoftext|>")) {
            added.addObject()
                    .put("id", vocabulary.get("<|endoftext|>").asInt())
                    .put("content", "<|endoftext|>")
                    .put("special", true)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false);
        }
        ObjectNode level = make.objectNode()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", true);
        ObjectNode file = make.objectNode().put("version", "1.0");
        file.set("added_tokens", added);
        file.set("pre_tokenizer", level);
        file.set("post_processor", level);
        file.set("decoder", level);
        file.putObject("model")
                .put("type", "BPE")
                .put("fuse_unk", false)
                .put("byte_fallback", false)
                .<ObjectNode>set("vocab", vocabulary)
                .set("merges", merges);
        return file;
    }

    private static boolean mentions(JsonNode part, String type) {
        return part.findValues("type").stream().anyMatch(node -> node.asText().equals(type));
    }

    @Override
    public int size() {
        return texts.length;
    }

    @Override
    public Tokens encode(String text, Beginning where) {
        if (where == Beginning.YES && beginning.isEmpty()) {
            throw new Refusal(
                    "The tokenizer has no token for the beginning of text", "", "Let texts begin as the model's do");
        }
        boolean known = beginning.isPresent() && settings.begins().isPresent();
        boolean begin = where == Beginning.YES
                || (where == Beginning.AUTO && known && settings.begins().get());
        return encode(text, false, where == Beginning.AUTO && !known, begin);
    }

    @Override
    public Tokens encodeContinuation(String text) {
        return encode(text, true, false, false);
    }

    private Tokens encode(String text, boolean continues, boolean asItComes, boolean begin) {
        String sound = withoutLoneSurrogates(text);
        IntStream.Builder ids = IntStream.builder();
        IntStream.Builder starts = IntStream.builder();
        IntStream.Builder ends = IntStream.builder();
        if (begin) {
            ids.add(beginning.getAsInt());
            starts.add(0);
            ends.add(0);
        }
        boolean cuts = !asItComes && cuts(sound);
        for (int from = 0, end; from == 0 || from < sound.length(); from = end) {
            end = pieces.end(sound, from, cuts, true).getAsInt();
            String piece = sound.substring(from, end);
            Encoded encoded = encoder(piece.length()).encode(piece, continues || from > 0, asItComes);
            int[] unitOf = unitsOfCodePoints(piece);
            for (int i = 0; i < encoded.ids().length; i++) {
                boolean wasAdded = encoded.starts()[i] < 0;
                ids.add(encoded.ids()[i]);
                starts.add(wasAdded ? 0 : from + unitOf[encoded.starts()[i]]);
                ends.add(wasAdded ? 0 : from + unitOf[encoded.ends()[i]]);
            }
            if (sound.isEmpty()) {
                break;
            }
        }
        return new Tokens(
                text,
                ids.build().toArray(),
                starts.build().toArray(),
                ends.build().toArray());
    }

    @Override
    public TextReading reading() {
        return new PieceReading();
    }

    /** Reads a text as its parts come, and passes on a piece at a time. */
    private final class PieceReading implements TextReading {
        /** What has come and not been read. */
        private final StringBuilder waiting = new StringBuilder();
        /** Characters of {@link #waiting} in which no dividing token begins. */
        private int searched;

        /** Characters that are waited for before a place to cut is looked for again, twice those without one. */
        private int enough;

        private boolean begun;
        private boolean divided;

        @Override
        public boolean add(String part, Predicate<int[]> wanted) {
            waiting.append(part);
            return read(false, wanted);
        }

        @Override
        public boolean end(Predicate<int[]> wanted) {
            try {
                return read(true, wanted);
            } finally {
                forget(waiting.length());
                begun = false;
                divided = false;
            }
        }

        private boolean read(boolean whole, Predicate<int[]> wanted) {
            search();
            // where a token that is written out decides how a text is cut, one that can be read at once is waited for
            boolean undecided = !begun && prefixes && waiting.length() <= TextPieces.MOST;
            if (!whole && (undecided || waiting.length() < enough)) {
                return true;
            }
            enough = 0;
            int from = 0;
            try {
                while (from < waiting.length()) {
                    OptionalInt end = pieces.end(waiting, from, !divided, whole);
                    if (end.isEmpty()) {
                        enough = Math.min(2 * (waiting.length() - from), TextPieces.MOST + 1);
                        return true;
                    }
                    String piece = withoutLoneSurrogates(waiting.substring(from, end.getAsInt()));
                    boolean continues = begun;
                    from = end.getAsInt();
                    begun = true;
                    if (!wanted.test(encoder(piece.length())
                            .encode(piece, continues, false)
                            .ids())) {
                        return false;
                    }
                }
                return true;
            } finally {
                forget(from);
            }
        }

        private void forget(int read) {
            waiting.delete(0, read);
            searched = Math.max(0, searched - read);
        }

        /** Looks for a token that forbids to cut. */
        private void search() {
            if (!prefixes || divided) {
                return;
            }
            int longest = dividing.stream().mapToInt(String::length).max().orElse(0);
            String unsearched = waiting.substring(searched);
            divided = dividing.stream().anyMatch(unsearched::contains);
            searched = Math.max(searched, waiting.length() - Math.max(0, longest - 1));
            if (divided && begun) {
                throw new LongStretchException(TextPieces.MOST);
            }
        }
    }

    /** Who encodes so many characters, or decodes so many tokens. */
    private Encoder encoder(int length) {
        return length <= TextPieces.USUAL ? usual : apart;
    }

    /** Whether a text may be cut: not where something is put in front of what follows a token that is written out. */
    private boolean cuts(String text) {
        return !prefixes || dividing.stream().noneMatch(text::contains);
    }

    /**
     * Half a surrogate pair is no character and cannot be handed to the library; each becomes U+FFFD, also one unit
     * long.
     */
    private static String withoutLoneSurrogates(String text) {
        StringBuilder sound = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                sound = sound == null ? new StringBuilder(text) : sound;
                sound.setCharAt(i, '\uFFFD');
            }
        }
        return sound == null ? text : sound.toString();
    }

    /**
     * The library counts code points, Java's strings UTF-16 units: the unit at which each code point begins, and the
     * end.
     */
    private static int[] unitsOfCodePoints(String text) {
        int[] units = new int[text.codePointCount(0, text.length()) + 1];
        for (int unit = 0, point = 0; unit < text.length(); point++) {
            units[point] = unit;
            unit += Character.charCount(text.codePointAt(unit));
        }
        units[units.length - 1] = text.length();
        return units;
    }

    @Override
    public String decode(int... ids) {
        for (int id : ids) {
            if (id < 0 || id >= size()) {
                throw new Refusal(
                        "There is no token " + id, "0 to " + (size() - 1), "Choose ids of the model's own tokenizer");
            }
        }
        return encoder(ids.length).decode(ids);
    }

    @Override
    public String text(int id) {
        return id < 0 || id >= texts.length || texts[id] == null ? "<" + id + ">" : texts[id];
    }

    @Override
    public OptionalInt beginning() {
        return beginning;
    }

    @Override
    public Set<Integer> ends() {
        return ends;
    }

    @Override
    public void close() {
        usual.close();
        apart.close();
    }
}

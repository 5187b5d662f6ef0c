package loupe.lm.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import loupe.base.Refusal;

/**
 * Damages tokenizer files at random, and lets each encode and decode. Whatever a file does, it is read or refused
 * within the time that one text may take. As a program it goes on after the file that ended it, so that it is run in a
 * loop: {@code java -cp .. loupe.lm.tokenizer.TokenizerFuzz FOLDER FIRST LAST tokenizer.json...} leaves in the folder
 * each file that did something else, and prints what happened how often.
 */
final class TokenizerFuzz {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory MAKE = JsonNodeFactory.instance;
    /** Beyond the limit: until the process that was ended has gone, on a busy machine. */
    private static final long SLACK_MS = 5_000;

    /** Less than the program's limit, so that a file that takes for ever does not take long. */
    private static final long MOST_MS = 3_000;

    private static final int MOST_MESSAGE = 300;
    private static final String TOO_MUCH = "text took too much";
    private static final String ASTRAL = "\uD83E\uDDA6\u200D\uD83C\uDFFD\uD834\uDD1E";

    /** Steps of every kind, sound and unsound, by the place where they stand. */
    private static final List<List<String>> STEPS = List.of(
            List.of("normalizer", "normalizers"),
            List.of("pre_tokenizer", "pretokenizers"),
            List.of("post_processor", "processors"),
            List.of("decoder", "decoders"));

    private static final List<List<String>> DONORS = List.of(
            List.of(
                    "{'type':'NFC'}",
                    "{'type':'NFKD'}",
                    "{'type':'Nmt'}",
                    "{'type':'Lowercase'}",
                    "{'type':'StripAccents'}",
                    "{'type':'Strip','strip_left':true,'strip_right':true}",
                    "{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,'strip_accents':true,"
                            + "'lowercase':true}",
                    "{'type':'ByteLevel'}",
                    "{'type':'Prepend','prepend':'\u2581'}",
                    "{'type':'Prepend','prepend':''}",
                    "{'type':'Replace','pattern':{'String':' '},'content':'\u2581'}",
                    "{'type':'Replace','pattern':{'String':'a'},'content':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}",
                    "{'type':'Replace','pattern':{'Regex':'(a+)+$'},'content':''}",
                    "{'type':'Replace','pattern':{'Regex':'(?=a)'},'content':'bb'}",
                    "{'type':'Replace','pattern':{'Regex':'$'},'content':'x'}",
                    "{'type':'Replace','pattern':{'Regex':'[\\\\s\\\\S]*'},'content':''}",
                    "{'type':'Precompiled','precompiled_charsmap':'AAQAAAAAAAAA'}"),
            List.of(
                    "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
                    "{'type':'ByteLevel','add_prefix_space':false,'trim_offsets':true,'use_regex':false}",
                    "{'type':'Metaspace','replacement':'\u2581','prepend_scheme':'always','split':true}",
                    "{'type':'Metaspace','replacement':' ','prepend_scheme':'first','split':false}",
                    "{'type':'Whitespace'}",
                    "{'type':'WhitespaceSplit'}",
                    "{'type':'BertPreTokenizer'}",
                    "{'type':'Digits','individual_digits':true}",
                    "{'type':'Punctuation','behavior':'Contiguous'}",
                    "{'type':'CharDelimiterSplit','delimiter':'a'}",
                    "{'type':'UnicodeScripts'}",
                    "{'type':'FixedLength','length':3}",
                    "{'type':'Split','pattern':{'Regex':'(a+)+$'},'behavior':'Isolated','invert':false}",
                    "{'type':'Split','pattern':{'Regex':'(?:a|a)*b'},'behavior':'Removed','invert':true}",
                    "{'type':'Split','pattern':{'Regex':'a*a*a*a*b'},'behavior':'MergedWithNext','invert':false}",
                    "{'type':'Split','pattern':{'Regex':''},'behavior':'Isolated','invert':false}",
                    "{'type':'Split','pattern':{'Regex':'(?:[\\\\s\\\\S]|[\\\\s\\\\S]|a|b)*\\\\x01|(q)\\\\1'},"
                            + "'behavior':'Isolated','invert':false}",
                    "{'type':'Split','pattern':{'Regex':'\\\\s+(?!\\\\S)|\\\\s+'},"
                            + "'behavior':'Isolated','invert':false}",
                    "{'type':'Split','pattern':{'String':' '},'behavior':'MergedWithPrevious','invert':true}"),
            List.of(
                    "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
                    "{'type':'BertProcessing','sep':['[SEP]',1],'cls':['[CLS]',2]}",
                    "{'type':'RobertaProcessing','sep':['</s>',1],'cls':['<s>',2],'trim_offsets':true,"
                            + "'add_prefix_space':true}",
                    "{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'x','type_id':0}},"
                            + "{'Sequence':{'id':'A','type_id':0}}],'pair':[{'Sequence':{'id':'B','type_id':1}}],"
                            + "'special_tokens':{'x':{'id':'x','ids':[1],'tokens':['x']}}}",
                    "{'type':'TemplateProcessing','single':[],'pair':[],'special_tokens':{}}"),
            List.of(
                    "{'type':'ByteLevel'}",
                    "{'type':'WordPiece','prefix':'##','cleanup':true}",
                    "{'type':'Metaspace','replacement':'\u2581','prepend_scheme':'always','split':true}",
                    "{'type':'BPEDecoder','suffix':'</w>'}",
                    "{'type':'CTC','pad_token':'a','word_delimiter_token':'|','cleanup':true}",
                    "{'type':'ByteFallback'}",
                    "{'type':'Fuse'}",
                    "{'type':'Strip','content':' ','start':1,'stop':0}",
                    "{'type':'Strip','content':' ','start':0,'stop':1}",
                    "{'type':'Replace','pattern':{'String':'\u2581'},'content':' '}",
                    "{'type':'Replace','pattern':{'Regex':'(a+)+$'},'content':' '}"));

    private static final List<String> MODELS = List.of(
            "{'type':'Unigram','unk_id':0,'vocab':[['<unk>',0],['a',-1],['aa',-1.5],['\u2581the',-2],[' ',-3]],"
                    + "'byte_fallback':false}",
            "{'type':'Unigram','unk_id':null,'vocab':[['a',-1e308],['b',1e308],['',0]],'byte_fallback':true}",
            "{'type':'WordPiece','unk_token':'[UNK]','continuing_subword_prefix':'##','max_input_chars_per_word':"
                    + "100000000,'vocab':{'[UNK]':0,'a':1,'##a':2,'the':3}}",
            "{'type':'WordLevel','unk_token':'<unk>','vocab':{'<unk>':0,'the':1}}",
            "{'type':'WordLevel','unk_token':'x','vocab':{}}",
            "{'type':'BPE','dropout':0.5,'unk_token':null,'fuse_unk':false,'byte_fallback':false,'vocab':{'a':0},"
                    + "'merges':[]}",
            "{'type':'BPE','unk_token':'<unk>','continuing_subword_prefix':'##','end_of_word_suffix':'</w>',"
                    + "'fuse_unk':true,'byte_fallback':true,'ignore_merges':true,'vocab':{'<unk>':0,'a':1,'##a':2,"
                    + "'a##a':3,'aa':4,'##a</w>':5},'merges':['a ##a']}");

    /** What happened how often, for the summary. */
    private final TreeMap<String, Integer> happened = new TreeMap<>();

    private final List<byte[]> originals;
    private final List<JsonNode> trees = new ArrayList<>();
    private final Path folder;
    private final boolean longTexts;
    private long slowestMs;

    /**
     * @param folder where the files are written
     * @param longTexts whether texts of 65,536 and more characters are encoded too
     */
    TokenizerFuzz(Path folder, List<byte[]> originals, boolean longTexts) throws IOException {
        this.folder = folder;
        this.originals = originals;
        this.longTexts = longTexts;
        for (byte[] original : originals) {
            trees.add(JSON.readTree(original));
        }
    }

    /** Goes on at the file after the last one that was begun. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        List<byte[]> originals = new ArrayList<>();
        for (String file : Arrays.asList(arguments).subList(3, arguments.length)) {
            originals.add(Files.readAllBytes(Path.of(file)));
        }
        TokenizerFuzz fuzz = new TokenizerFuzz(folder, originals, true);
        Path begun = folder.resolve("begun");
        int first = Integer.parseInt(arguments[1]);
        if (Files.exists(begun)) {
            first = Integer.parseInt(Files.readString(begun)) + 1;
            Files.copy(folder.resolve("tokenizer.json"), folder.resolve("crash-" + (first - 1) + ".json"));
        }
        int last = Integer.parseInt(arguments[2]);
        for (int number = first; number <= last; number++) {
            Files.writeString(begun, Integer.toString(number));
            fuzz.file(number).ifPresent(System.out::println);
            if (number % 100 == 0 || number == last) {
                System.out.println(number + ": " + fuzz.summary());
            }
        }
        Files.delete(begun);
    }

    /** What happened so far. */
    String summary() {
        return happened + ", slowest step " + slowestMs + " ms";
    }

    /**
     * Makes a file and uses it.
     *
     * @return what it did that it must not
     */
    Optional<String> file(int number) throws IOException {
        Random random = new Random(number * 0x9E3779B97F4A7C15L);
        Path file = folder.resolve("tokenizer.json");
        Files.write(file, mutant(random));
        String fault = null;
        try (Tokenizer tokenizer = timed(() ->
                        TokenizerFiles.read(folder, TextPieces.USUAL, new EncoderProcess.Limits(MOST_MS, MOST_MS)))
                .orElseThrow()) {
            count(HarmlessTokenizer.is(JSON.readTree(Files.readAllBytes(file))) ? "opened here" : "opened apart");
            int slow = happened.getOrDefault(TOO_MUCH, 0);
            for (String text : texts(random)) {
                if (fault == null && happened.getOrDefault(TOO_MUCH, 0) == slow) {
                    fault = use(tokenizer, text, random);
                }
            }
        } catch (Refusal refused) {
            String message = refused.getMessage().replace(folder.toString(), "");
            fault = message.length() > MOST_MESSAGE ? "long message: " + message : null;
            count("refused");
            if (System.getProperty("loupe.fuzz.reasons") != null) {
                count("  " + message.substring(0, Math.min(70, message.length())));
            }
        } catch (RuntimeException | StackOverflowError e) {
            fault = "reading: " + e;
        }
        if (fault == null && slowestMs > MOST_MS + SLACK_MS) {
            fault = "a step took " + slowestMs + " ms";
            slowestMs = 0;
        }
        if (fault == null) {
            return Optional.empty();
        }
        Files.copy(file, folder.resolve("fault-" + number + ".json"));
        return Optional.of("file " + number + ": " + fault);
    }

    private String use(Tokenizer tokenizer, String text, Random random) {
        try {
            Tokens tokens = timed(() -> tokenizer.encode(text, Tokenizer.Beginning.NO));
            for (int i = 0; i < tokens.size(); i++) {
                if (tokens.start(i) < 0 || tokens.end(i) < tokens.start(i) || tokens.end(i) > text.length()) {
                    return "token " + i + " spans " + tokens.start(i) + " to " + tokens.end(i);
                }
                tokenizer.text(tokens.id(i));
            }
            if (text.length() < 1000) {
                timed(() -> tokenizer.encode(text, Tokenizer.Beginning.AUTO));
                timed(() -> tokenizer.encodeContinuation(text));
                timed(() -> tokenizer.decode(tokens.ids()));
                timed(() -> tokenizer.decode(random.ints(8, 0, tokenizer.size()).toArray()));
            }
            TextReading reading = tokenizer.reading();
            timed(() -> reading.add(text, ids -> true));
            timed(() -> reading.end(ids -> true));
            count("encoded");
            return null;
        } catch (Refusal refused) {
            String message = refused.getMessage();
            count(
                    message.contains("breaks down")
                            ? "text broke the library"
                            : message.contains("needs more than") ? TOO_MUCH : "text refused");
            return message.length() > MOST_MESSAGE + folder.toString().length() ? "long message: " + message : null;
        } catch (RuntimeException | StackOverflowError e) {
            return "\"" + text.substring(0, Math.min(20, text.length())) + "\": " + e;
        }
    }

    private <T> T timed(Supplier<T> step) {
        long begun = System.nanoTime();
        try {
            return step.get();
        } finally {
            slowestMs = Math.max(slowestMs, (System.nanoTime() - begun) / 1_000_000);
        }
    }

    private void count(String what) {
        happened.merge(what, 1, Integer::sum);
    }

    private List<String> texts(Random random) {
        List<String> texts = new ArrayList<>(List.of(
                "",
                "the otter and the tin",
                "a".repeat(40) + "!",
                " \t\n\r\n  ",
                ASTRAL + "x\u0301\u0302\uFDFA \u65E5\u672C\u8A9E \u0627\u0644\u0639",
                "a\u0000b\u0001\uFEFF\uFFFE",
                "<|endoftext|><s></s>[UNK][CLS]<unk><0x0A> a<|endoftext|> b",
                "\uD83Ea\uDDA6",
                "ab".repeat(50) + "1234567890".repeat(10) + "'s'll"));
        if (longTexts) {
            List<String> units = List.of("a", " ", "1", "\n", "\u4E2D", ASTRAL, "a b ", "\u0301", ".", "the otter ");
            if (random.nextInt(4) == 0) {
                texts.add("x" + repeated(units.get(random.nextInt(units.size())), 65_536));
            }
            if (random.nextInt(1000) == 0) {
                texts.add(repeated(random.nextBoolean() ? " " : "a", 4_000_000));
            }
        }
        return texts;
    }

    private static String repeated(String unit, int characters) {
        return unit.repeat(characters / unit.length());
    }

    private byte[] mutant(Random random) throws IOException {
        // large files are rare, as each costs as much as twenty small ones
        int which = random.nextInt(originals.size());
        while (originals.get(which).length > 1 << 20 && random.nextInt(20) != 0) {
            which = random.nextInt(originals.size());
        }
        if (random.nextInt(6) == 0) {
            byte[] bytes = originals.get(which).clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                // what is not the vocabulary stands at the beginning
                int end = random.nextBoolean() ? Math.min(bytes.length, 2_000) : bytes.length;
                int at = random.nextInt(end);
                bytes[at] = random.nextInt(20) == 0
                        ? (byte) random.nextInt(256)
                        : (byte) "0123456789aA\"[]{},:e-.".charAt(random.nextInt(22));
            }
            return bytes;
        }
        ObjectNode file = trees.get(which).deepCopy();
        for (int changes = random.nextInt(4) == 0 ? 3 : 1; changes > 0; changes--) {
            if (random.nextInt(4) == 0) {
                exchange(file, random);
            } else {
                change(file, random);
            }
        }
        return JSON.writeValueAsBytes(file);
    }

    /** Puts a step, or a sequence of steps, or a model of another kind in. */
    private static void exchange(ObjectNode file, Random random) throws IOException {
        if (random.nextInt(6) == 0) {
            file.set("model", donor(MODELS, random));
            return;
        }
        int step = random.nextInt(STEPS.size());
        String place = STEPS.get(step).get(0);
        String sequence = STEPS.get(step).get(1);
        JsonNode donor = donor(DONORS.get(step), random);
        if (random.nextInt(10) == 0) {
            donor = donor(DONORS.get(random.nextInt(DONORS.size())), random);
        }
        if (random.nextBoolean()) {
            file.set(place, donor);
            return;
        }
        ObjectNode parts = MAKE.objectNode().put("type", "Sequence");
        ArrayNode list = parts.putArray(sequence);
        list.add(donor);
        if (file.path(place).isObject()) {
            list.insert(random.nextInt(2), file.get(place));
        }
        for (int more = random.nextInt(3); more > 0; more--) {
            list.add(donor(DONORS.get(step), random));
        }
        file.set(place, parts);
    }

    private static JsonNode donor(List<String> from, Random random) throws IOException {
        return JSON.readTree(from.get(random.nextInt(from.size())).replace('\'', '"'));
    }

    /** Deletes, repeats, renames or replaces something somewhere. */
    private static void change(JsonNode file, Random random) {
        JsonNode at = file;
        while (true) {
            List<String> names = new ArrayList<>();
            at.fieldNames().forEachRemaining(names::add);
            if (at.isEmpty()) {
                return;
            }
            String name = at.isObject() ? names.get(random.nextInt(names.size())) : null;
            int index = random.nextInt(at.size());
            JsonNode below = name == null ? at.get(index) : at.get(name);
            if (below.isContainerNode() && !below.isEmpty() && random.nextInt(8) != 0) {
                at = below;
                continue;
            }
            if (at instanceof ObjectNode object) {
                switch (random.nextInt(5)) {
                    case 0 -> object.remove(name);
                    case 1 -> object.set(name + text(random), object.remove(name));
                    case 2 -> object.set(names.get(random.nextInt(names.size())), below.deepCopy());
                    default -> object.set(name, value(below, random));
                }
            } else if (at instanceof ArrayNode array) {
                switch (random.nextInt(4)) {
                    case 0 -> array.remove(index);
                    case 1 -> {
                        for (int copies = random.nextBoolean() ? 1 : 70; copies > 0; copies--) {
                            array.insert(index, below.deepCopy());
                        }
                    }
                    default -> array.set(index, value(below, random));
                }
            }
            return;
        }
    }

    private static JsonNode value(JsonNode before, Random random) {
        if (before.isBoolean() && random.nextInt(4) != 0) {
            return MAKE.booleanNode(!before.asBoolean());
        }
        long[] numbers = {-1, 0, 1, 2, 255, 1 << 24, Integer.MAX_VALUE, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE};
        JsonNode number = MAKE.numberNode(numbers[random.nextInt(numbers.length)]);
        if (before.isNumber() && random.nextInt(4) != 0) {
            return random.nextBoolean() ? number : MAKE.numberNode(before.asLong() + random.nextInt(9) - 4);
        }
        if (before.isTextual() && random.nextInt(4) != 0) {
            return MAKE.textNode(random.nextBoolean() ? text(random) : before.asText() + text(random));
        }
        return switch (random.nextInt(7)) {
            case 0, 1 -> MAKE.nullNode();
            case 2 -> MAKE.booleanNode(random.nextBoolean());
            case 3 -> MAKE.arrayNode().add(before.deepCopy());
            case 4 -> MAKE.objectNode().set("type", before.deepCopy());
            case 5 -> number;
            default -> MAKE.textNode(text(random));
        };
    }

    private static String text(Random random) {
        String[] texts = {
            "",
            " ",
            "a",
            "##",
            "\u0000",
            "\u0120",
            "\u2581",
            "<unk>",
            ASTRAL,
            "(a+)+$",
            "\\p{L}+|(",
            "a".repeat(300),
            "Isolated",
            "BPE",
            "Sequence",
            "A",
            "B",
            "[\\s\\S]",
            "(?<=a)*",
            "\\1",
            "(?:a?){30}a{30}"
        };
        return texts[random.nextInt(texts.length)];
    }
}

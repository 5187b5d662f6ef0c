package loupe.lm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import loupe.TinyModel;
import loupe.Trial;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that would end the process, run for ever or answer at random if the library saw them. */
@Timeout(120)
class TokenizerDefectsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @Test
    void aFileThatEndsTheProcessIsRefused() {
        assertThatThrownBy(() -> TokenizerFiles.read(Trial.folder("tok-postprocessor-unknown-token")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tokenizer.json: the ");
    }

    /** The tiny model's tokenizer with one part replaced. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {
                "post_processor ; {'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'[CLS]','type_id':0}},"
                        + "{'Sequence':{'id':'A','type_id':0}}],'pair':[],'special_tokens':{}} ; "
                        + "not in its special_tokens",
                "post_processor ; {'type':'Sequence','processors':[{'type':'TemplateProcessing','single':"
                        + "[{'SpecialToken':{'id':'x','type_id':0}}],'pair':[],'special_tokens':{}}]} ; adds x",
                "post_processor ; {'type':'TemplateProcessing','single':[{'Sequence':{'id':'B','type_id':0}}],"
                        + "'pair':[],'special_tokens':{}} ; sequence B",
                "post_processor ; {'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'a','type_id':0}}],"
                        + "'pair':[],'special_tokens':{'a':{'id':'a','ids':[1],'tokens':[]}}} ; 1 ids and 0 tokens",
                "post_processor ; {'type':'TemplateProcessing','single':[],'pair':[],"
                        + "'special_tokens':{'a':{'id':'a','ids':[4294967295],'tokens':['a']}}} ; id 4294967295",
                "post_processor ; {'type':'RobertaProcessing','sep':['a',4294967295],'cls':['a',1]} ; id 4294967295",
                "post_processor ; {'type':'BertProcessing','sep':['a',1],'cls':['a',16777216]} ; id 16777216",
                "added_tokens ; [{'id':2147483647,'content':'z'}] ; id 2147483647",
                "added_tokens ; [{'id':-1,'content':'z'}] ; id -1",
                "pre_tokenizer ; {'type':'FixedLength','length':0} ; pieces of 0",
                "decoder ; {'type':'Strip','content':'a','start':0,'stop':3} ; strips the ends",
                "normalizer ; {'type':'Replace','pattern':{'String':''},'content':'a'} ; empty text",
                "normalizer ; {'type':'Precompiled','precompiled_charsmap':'AAAA'} ; is cut off",
                "normalizer ; {'type':'Precompiled','precompiled_charsmap':'!'} ; not base64"
            })
    void aDefectIsNamed(String part, String json, String said) throws IOException {
        assertThatThrownBy(() -> readWith(part, JSON.readTree(json.replace('\'', '"'))))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(said)
                .satisfies(refused -> assertThat(refused.getMessage())
                        .hasSizeLessThan(300 + folder.toString().length()));
    }

    @Test
    void nineReplacementsOfOneLetterByTenAreRefused() {
        ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
        for (int i = 0; i < 9; i++) {
            ObjectNode replace = sequence.withArray("normalizers")
                    .addObject()
                    .put("type", "Replace")
                    .put("content", "hhhhhhhhhh");
            replace.putObject("pattern").put("String", "h");
        }
        assertThatThrownBy(() -> readWith("normalizer", sequence))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("1000000000 times as long");
    }

    @Test
    void dropoutIsRefused() throws IOException {
        ObjectNode file = tiny();
        ((ObjectNode) file.get("model")).put("dropout", 0.5);
        assertThatThrownBy(() -> read(file)).hasMessageContaining("at random (dropout 0.5)");
        ((ObjectNode) file.get("model")).put("dropout", 0.0);
        assertThatCode(() -> read(file)).doesNotThrowAnyException();
    }

    @Test
    void anIdBeyondAnyVocabularyIsRefused() throws IOException {
        for (long id : new long[] {Integer.MAX_VALUE, 1L << 30, 500_000_000, 1 << 24, -1}) {
            ObjectNode file = tiny();
            ((ObjectNode) file.get("model").get("vocab")).put("otters", id);
            assertThatThrownBy(() -> read(file)).hasMessageContaining("the vocabulary has the id " + id);
        }
    }

    @Test
    void mergesThatDoNotContinueAWordAreRefused() throws IOException {
        ObjectNode file = tiny();
        ((ObjectNode) file.get("model")).put("continuing_subword_prefix", "######");
        assertThatThrownBy(() -> read(file)).hasMessageContaining("continues a word without ######");
    }

    @Test
    void whatTheLibraryThrowsAtATextNamesTheFile() throws IOException {
        ObjectNode file = tiny();
        ObjectNode model = file.putObject("model").put("type", "WordLevel").put("unk_token", "[UNK]");
        model.putObject("vocab").put("a", 0);
        file.putArray("added_tokens");
        try (Tokenizer tokenizer = read(file)) {
            assertThatThrownBy(() -> tokenizer.encode("b", Tokenizer.Beginning.NO))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("tokenizer.json: the tokenizer fails at this text (");
        }
    }

    @Test
    void aCompiledTableMustStayWithinItself() {
        // one block: the root leads to a node at 0, whose child for 'a' is a leaf that points to the first text
        int[] units = new int[256];
        units['a'] = ('a' << 10) | 1 << 8 | 'a'; // its child is the node at 'a' ^ 'a' = 0
        assertThat(CompiledCharacters.defect(table(units, "b\0"))).isEmpty();
        units[0] = 7; // the leaf's text, beyond the texts
        assertThat(CompiledCharacters.defect(table(units, "b\0"))).hasValue("points outside itself");
        units[0] = 0;
        units['a'] = (5000 << 10) | 1 << 8 | 'a';
        assertThat(CompiledCharacters.defect(table(units, "b\0"))).hasValue("points outside itself");
    }

    private static String table(int[] units, String texts) {
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * units.length + texts.length())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(4 * units.length);
        for (int unit : units) {
            bytes.putInt(unit);
        }
        return Base64.getEncoder()
                .encodeToString(bytes.put(texts.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .array());
    }

    private ObjectNode tiny() throws IOException {
        return (ObjectNode) JSON.readTree(
                TinyModel.writeTo(folder).resolve("tokenizer.json").toFile());
    }

    private Tokenizer readWith(String part, JsonNode value) throws IOException {
        return read(tiny().set(part, value));
    }

    private Tokenizer read(JsonNode file) throws IOException {
        Files.write(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(file));
        return TokenizerFiles.read(folder).orElseThrow();
    }
}

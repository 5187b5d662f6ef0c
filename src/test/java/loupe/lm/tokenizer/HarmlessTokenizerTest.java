package loupe.lm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.List;
import loupe.TinyModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class HarmlessTokenizerTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private ObjectNode file;

    @BeforeEach
    void readTiny() throws IOException {
        file = (ObjectNode) JSON.readTree(
                TinyModel.writeTo(folder).resolve("tokenizer.json").toFile());
    }

    @Test
    void tokenizersInUseStayInThisProcess() throws IOException {
        assertThat(HarmlessTokenizer.is(file)).isTrue();
        for (String expression : HarmlessTokenizer.EXPRESSIONS) {
            split(expression);
            assertThat(HarmlessTokenizer.is(file)).as(expression).isTrue();
        }
        assertThat(HarmlessTokenizer.is(JSON.readTree(
                        Path.of("sample-checkpoints/glossary/tokenizer.json").toFile())))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {
                "truncation ; {'max_length':5,'stride':0,'strategy':'LongestFirst','direction':'Right'}",
                "padding ; {}",
                "added_tokens ; {}",
                "added_tokens ; [{'id':1,'content':''}]",
                "added_tokens ; [{'id':1,'content':'a','lstrip':true}]",
                "normalizer ; {'type':'Precompiled','precompiled_charsmap':'AA=='}",
                "normalizer ; {'normalizers':[]}",
                "normalizer ; {'type':'Replace','pattern':{'String':'a'},'content':'bb'}",
                "normalizer ; {'type':'Replace','pattern':{'Regex':'a'},'content':'b'}",
                "normalizer ; {'type':'Sequence','normalizers':[{'type':'Sequence','normalizers':[]}]}",
                "normalizer ; []",
                "normalizer ; {'type':'Prepend','prepend':''}",
                "pre_tokenizer ; {'type':'Split','pattern':{'Regex':' +'},'behavior':'Isolated','invert':false}",
                "pre_tokenizer ; {'type':'FixedLength','length':5}",
                "post_processor ; {'type':'BertProcessing','sep':['a',1],'cls':['a',1]}",
                "post_processor ; {'type':'TemplateProcessing','single':[{'Sequence':{'id':'A','type_id':0}},"
                        + "{'Sequence':{'id':'A','type_id':0}}],'pair':[],'special_tokens':{}}",
                "post_processor ; {'type':'Sequence','processors':[{'type':'TemplateProcessing','single':[]},"
                        + "{'type':'TemplateProcessing','single':[{'Sequence':{'id':'A','type_id':0}}]}]}",
                "decoder ; {'type':'CTC'}",
                "model ; {'type':'Unigram','vocab':[]}",
                "model ; {'type':'WordPiece','vocab':{}}",
                "model ; {'type':'BPE','vocab':{},'merges':[],'continuing_subword_prefix':'#'}",
                "model ; {'type':'BPE','vocab':{},'merges':{}}"
            })
    void whatIsNotKnownRunsApart(String part, String json) throws IOException {
        file.set(part, JSON.readTree(json.replace('\'', '"')));
        assertThat(HarmlessTokenizer.is(file)).isFalse();
    }

    /**
     * The longest texts that are read in this process, of like characters and of every pair of kinds. Judged by the
     * work of this thread, in which they are read, and not by the clock, which runs on while other processes work.
     */
    @Test
    void noExpressionInUseTakesLong() throws IOException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        for (String expression : HarmlessTokenizer.EXPRESSIONS) {
            split(expression);
            try (NativeEncoder encoder =
                    NativeEncoder.of(new TokenizerSource(folder, JSON.writeValueAsBytes(file), new byte[0]))) {
                for (String unit : List.of("a", "A", " ", "1", "\n", "\u4E2D", ".", " \n")) {
                    String text = unit.repeat((TextPieces.USUAL - 1) / unit.length()) + "\u0001";
                    long begun = threads.getCurrentThreadCpuTime();
                    encoder.encode(text, false, false);
                    assertThat((threads.getCurrentThreadCpuTime() - begun) / 1_000_000)
                            .as("milliseconds of %s on %s", expression, unit)
                            .isLessThan(EncoderProcess.Limits.USUAL.textMs() / 2);
                }
            }
        }
    }

    private void split(String expression) throws IOException {
        file.set(
                "pre_tokenizer",
                JSON.readTree("{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":"
                        + JSON.writeValueAsString(expression)
                        + "},\"behavior\":\"Isolated\",\"invert\":false},{\"type\":\"ByteLevel\","
                        + "\"add_prefix_space\":false,\"trim_offsets\":false,\"use_regex\":false}]}"));
    }
}

package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import loupe.TinyModel;
import loupe.TinySae;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values that no command can work with: refused in one short message, never met by a failure of the program. */
@Timeout(120)
class RefusedOptionsTest {
    private static final int LONGEST_MESSAGE = 300;

    /** Files that exist before any command; @ that begins an argument below stands for it. */
    @TempDir
    static Path given;

    /** Where the commands write; ^ in the arguments below stands for it. */
    @TempDir
    Path written;

    @BeforeAll
    static void writeFiles() throws IOException {
        TinyModel.writeTo(given.resolve("tiny"));
        TinySae.writeTo(given.resolve("sae"), 1);
        Files.writeString(given.resolve("corpus.txt"), "the otter is a definition of the other ".repeat(9));
        Files.write(given.resolve("latin.txt"), new byte[] {'c', 'a', 'f', (byte) 0xe9});
        Files.writeString(given.resolve("one.tsv"), "cat\tnoun\ta small animal\tthe cat sat\n");
        Files.createDirectories(given.resolve("untrained/glossary"));
        CommandRun.json(
                "index",
                "build",
                "--model",
                given.resolve("tiny"),
                "--sae",
                given.resolve("sae"),
                "--corpus",
                given.resolve("corpus.txt"),
                "--out",
                given.resolve("index"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            2|--bins is 2147483647, expected 1 to 100000|feature --index @/index --feature 0 --bins 2147483647
            2|--top is -1, expected 0|logits --model @/tiny --sae @/sae --feature 0 --top -1
            2|--feature is 12|logits --model @/tiny --sae @/sae --feature 12
            2|--top is -1|text --model @/tiny --sae @/sae --text otter --top -1
            2|--feature is -1, expected 0|text --model @/tiny --sae @/sae --text otter --feature -1
            2|give --text T or --ids|text --model @/tiny --sae @/sae
            3|outside the vocabulary|text --model @/tiny --sae @/sae --ids 1,99999
            2|--bins is 0|feature --index @/index --feature 0 --bins 0
            2|--examples is -1|feature --index @/index --feature 0 --examples -1
            2|--buffer is -1|feature --index @/index --feature 0 --buffer -1
            2|--feature is 12|feature --index @/index --feature 12
            2|--feature is -1|index query @/index --feature -1
            2|--at-least is -1|index query @/index --feature 0 --at-least -1
            2|--at is 2147483647|index query @/index --at 2147483647
            2|--max-tokens is 99999999999, expected 1 to 2147483647|index build --model @/tiny --sae @/sae \
            --corpus @/corpus.txt --out ^/i --max-tokens 99999999999
            2|--out is empty|index build --model @/tiny --sae @/sae --corpus @/corpus.txt --out EMPTY
            2|--corpus is empty|index build --model @/tiny --sae @/sae --corpus EMPTY --out ^/i
            2|--model is empty|forward --model EMPTY --ids 1
            2|PATH is empty|inspect EMPTY
            2|/ is a folder, a file is wanted|forward --model @/tiny --ids 1 --out /
            2|--ids is ','|forward --model @/tiny --ids ,
            2|--hooks is ','|forward --model @/tiny --ids 1 --hooks ,
            2|--scales is ','|scale --model @/tiny --sae @/sae --feature 1 --scales ,
            2|--mixes is ','|scale --model @/tiny --sae @/sae --feature 1 --mixes ,
            2|--parts is ','|batch --model @/tiny --sae @/sae --features 1 --parts , --out ^/b.jsonl
            2|--pca is ','|tokens --model @/tiny --sae @/sae --feature 1 --pca ,
            2|--scales is 1.0E39, expected a number above 0, at most 1E15|scale --model @/tiny --sae @/sae \
            --feature 1 --scales 1e39
            2|--scale is 1.0E39, expected -1E15 to 1E15|ghost --model @/tiny --sae @/sae --feature 1 \
            --scale 1e39 --out ^/g
            2|--pca is 1.0E39, expected -1E15 to 1E15|tree --model @/tiny --sae @/sae --feature 1 --pca 1e39
            2|'0:NaN', expected a layer and a number|tree --model @/tiny --sae @/sae --feature 1 --steer 0:NaN
            2|'0:1e39', expected a layer and a number|tree --model @/tiny --sae @/sae --feature 1 --clamp 0:1e39
            2|--sae-side is -1|encode --sae @/sae --input @/sae/sae_weights.safetensors:W_dec --sae-side -1 --out ^/e
            3|at most 32, the model's context|batch --model @/tiny --sae @/sae --features 1 \
            --prompt-ids 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33 \
            --ghost-position 0 --out ^/b.jsonl
            3|and 24 more|forward --model @/tiny --ids 1 --ghost @/tiny:none --ghost-position 0
            2|--seconds is NaN|bench index --seconds NaN
            2|--tokens is 2147483647|bench index --tokens 2147483647
            3|not UTF-8|train-sample --definitions @/latin.txt --out ^/out --work ^/work
            2|one.tsv is a file, a folder is wanted|train-sample --definitions @/one.tsv --out ^/out --work @/one.tsv
            3|no config.json|tour --model @/sae --out ^/pictures
            2|one.tsv is a file, a folder is wanted|tour --model @/tiny --cache @/one.tsv --out ^/pictures
            2|'' after @ is no hook point; the nearest are|steer --model @/tiny --sae @/sae@ --text otter \
            --features 1:1
            2|after @ is no hook point; the nearest are|steer --model @/tiny --sae @/sae@LONG --text otter \
            --features 1:1
            2|1E15 times --multiplier 1E15 is 1E30, expected -1E15 to 1E15|steer --model @/tiny --sae @/sae \
            --text otter --features 1:1e15 --multiplier 1e15 --generate 3
            2|is not S/I:V, such as 0/17:4.5|steer --model @/tiny --sae @/sae --text otter --features LONG
            2|expected light, dark or high-contrast|chart histogram --index @/index --feature 1 --theme LONG \
            --out ^/a.svg
            2|expected number, density, trained-density|chart scatter --sae @/sae --x LONG --y norm --out ^/a.svg
            2|a file's name has 255 bytes at most|chart histogram --index @/index --feature 1 \
            --out ^/LONG.svg
            3|no tokenizer|train-sample --definitions @/one.tsv --out @/untrained --measure
            2|--features: 12 is no feature|ablate --model @/tiny --sae @/sae --ids 1,2 --features 12
            2|--features: '-1' is no whole number|ablate --model @/tiny --sae @/sae --ids 1,2 --features -1
            2|--features: '' is no whole number|ablate --model @/tiny --sae @/sae --ids 1,2 --features 1,,2
            2|--scale is NaN, expected -1E15 to 1E15|ablate --model @/tiny --sae @/sae --ids 1,2 --features 1 \
            --scale NaN
            2|--positions: 2 is no token of the text|ablate --model @/tiny --sae @/sae --ids 1,2 --features 1 \
            --positions 2
            3|token id 300 is outside the vocabulary|ablate --model @/tiny --sae @/sae --ids 1,300 --features 1
            2|--text has 0 tokens, expected 1 to 32|ablate --model @/tiny --sae @/sae --text EMPTY --features 1
            2|not both|ablate --model @/tiny --sae @/sae --text otter --ids 1 --features 1
            2|'NaN' is no number, expected -1E15 to 1E15|steer --model @/tiny --sae @/sae --ids 1 --features 1:NaN
            2|1E10 times --multiplier 1E15 is 1E25, expected -1E15 to 1E15|steer --model @/tiny --sae @/sae \
            --ids 1 --features 1:1E10 --multiplier 1E15 --generate 3
            2|names checkpoint 1, --sae was given 1 times|steer --model @/tiny --sae @/sae --ids 1 --features 1/2:4
            2|is not S/I:V, such as 0/17:4.5|steer --model @/tiny --sae @/sae --ids 1 --features LONG
            2|the bounds 4..2 are the wrong way round|steer --model @/tiny --sae @/sae --ids 1 --features 1:4..2 \
            --method projection-cap
            2|choose --generate 31 or less, or a shorter prompt|steer --model @/tiny --sae @/sae --ids 1 \
            --features 1:4 \
            --generate 32
            2|'nonsense' after @ is no hook point; the nearest are|steer --model @/tiny --sae @/sae@nonsense --ids 1 \
            --features 1:4
            3|has 2 layers, counted from 0|steer --model @/tiny --sae @/sae@blocks.9.hook_resid_pre --ids 1 \
            --features 1:4
            2|was given twice|steer --model @/tiny --sae @/sae --sae @/sae --ids 1 --features 1:4
            2|3 tokens and the corrupt one 2|patch --model @/tiny --clean-ids 1,2,3 --corrupt-ids 1,2 --metric logit:4
            2|expected logit-diff:A:B, logprob:A, logit:A or kl|patch --model @/tiny --clean-ids 1 --corrupt-ids 2 \
            --metric LONG
            2|the tokens of the model are 0 to 299|patch --model @/tiny --clean-ids 1 --corrupt-ids 2 --metric logit:300
            2|--metric-position is 1|patch --model @/tiny --clean-ids 1 --corrupt-ids 2 --metric logit:4 \
            --metric-position 1
            2|expected resid_pre, attn_out|patch --model @/tiny --clean-ids 1 --corrupt-ids 2 --metric logit:4 \
            --sites LONG
            2|need --sae PATH|patch --model @/tiny --clean-ids 1 --corrupt-ids 2 --metric logit:4 --features 1
            2|give --corrupt T or --corrupt-ids|attribute --model @/tiny --sae @/sae --clean-ids 1 --metric logit:4
            2|--steps is 0, expected 1 to 100000|attribute --model @/tiny --sae @/sae --clean-ids 1 --corrupt-ids 2 \
            --metric logit:4 --steps 0
            3|where a token of tiny has no vector|attribute --model @/tiny --sae @/sae@blocks.0.attn.hook_pattern \
            --clean-ids 1 --corrupt-ids 2 --metric logit:4
            2|--to is 1, --sae was given 1 times|edges --model @/tiny --sae @/sae --clean-ids 1 --corrupt-ids 2 \
            --metric logit:4 --to-nodes 0:1
            3|Exchange the two|edges --model @/tiny --sae @/sae --sae @/sae@blocks.0.hook_resid_pre --clean-ids 1 \
            --corrupt-ids 2 --metric logit:4 --to-nodes 0:1
            2|--stop: the model has no blocks.7.hook_mlp_out|edges --model @/tiny --sae @/sae@blocks.0.hook_resid_pre \
            --sae @/sae --clean-ids 1 --corrupt-ids 2 --metric logit:4 --to-nodes 0:1 --stop blocks.7.hook_mlp_out
            2|is not P:F|edges --model @/tiny --sae @/sae --sae @/sae --clean-ids 1 --corrupt-ids 2 --metric logit:4 \
            --to-nodes LONG
            2|prompt 1 has 1 and 2 tokens|circuit --model @/tiny --sae @/sae --clean-ids 1,2;3 --corrupt-ids 1,4;3,5 \
            --answers 1:2;1:2
            2|expected as many of each|circuit --model @/tiny --sae @/sae --clean-ids 1,2 --corrupt-ids 1,4 \
            --answers 1:2;1:2
            2|--answers: 300 is no token|circuit --model @/tiny --sae @/sae --clean-ids 1 --corrupt-ids 2 \
            --answers 1:300
            2|expected default, remove or keep|circuit --model @/tiny --sae @/sae --clean-ids 1 --corrupt-ids 2 \
            --answers 1:2 --errors LONG
            """)
    void oneShortMessageSaysWhatIsWrong(int code, String message, String arguments) throws IOException {
        CommandRun refused = CommandRun.of(Arrays.stream(arguments.split(" "))
                .map(argument -> argument.equals("EMPTY")
                        ? ""
                        : argument.replaceFirst("^@", Matcher.quoteReplacement(given.toString()))
                                .replace("^", written.toString())
                                .replace("LONG", "7".repeat(400)))
                .toArray());
        assertThat(refused.err)
                .contains(message)
                .doesNotContain("Internal error")
                .doesNotContain("Exception")
                .doesNotContain("null");
        assertThat(refused.code).isEqualTo(code);
        assertThat(refused.out).isEmpty();
        assertThat(refused.err.replace(given.toString(), "").lines().filter(line -> !line.startsWith("warning: ")))
                .as("the message, and at most where to find help")
                .hasSizeLessThanOrEqualTo(2)
                .allMatch(line -> line.length() < LONGEST_MESSAGE);
        try (Stream<Path> files = Files.walk(written)) {
            assertThat(files).containsExactly(written);
        }
    }
}

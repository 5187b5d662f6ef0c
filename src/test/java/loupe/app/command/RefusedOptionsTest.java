package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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

    /** Files that exist before any command; @ in the arguments below stands for it. */
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
            2|--side is -1|encode --sae @/sae --input @/sae/sae_weights.safetensors:W_dec --side -1 --out ^/e
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
            2|is not S/I:V, such as 0/17:4.5|steer --model @/tiny --sae @/sae --text otter --features LONG
            2|expected light, dark or high-contrast|chart histogram --index @/index --feature 1 --theme LONG --out ^/a.svg
            2|expected number, density, trained-density|chart scatter --sae @/sae --x LONG --y norm --out ^/a.svg
            2|a file's name has 255 bytes at most|chart histogram --index @/index --feature 1 --out ^/LONG.svg
            3|no tokenizer|train-sample --definitions @/one.tsv --out @/untrained --measure
            """)
    void oneShortMessageSaysWhatIsWrong(int code, String message, String arguments) throws IOException {
        CommandRun refused = CommandRun.of(Arrays.stream(arguments.split(" "))
                .map(argument -> argument.equals("EMPTY")
                        ? ""
                        : argument.replace("LONG", "x".repeat(LONGEST_MESSAGE))
                                .replaceAll("^@", given.toString())
                                .replace("@/", given + "/")
                                .replace("^", written.toString()))
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

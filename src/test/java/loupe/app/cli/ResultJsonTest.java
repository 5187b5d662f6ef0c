package loupe.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ResultJsonTest {
    private record Row(int id, String tokenText) {}

    private record Result(
            @JsonUnwrapped Row first,
            float share,
            double meanValue,
            Optional<Integer> limit,
            @LeftOutIfEmpty Optional<Double> loss,
            List<Row> rows) {}

    private static Result result(Optional<Double> loss) {
        return new Result(
                new Row(7, "a\nb"), 0.1f, 1e-7, Optional.empty(), loss, List.of(new Row(1, "x"), new Row(22, "y")));
    }

    @Test
    void keysAreTheComponentsInSnakeCaseAndInTheirOrder() {
        assertThat(ResultJson.tree(result(Optional.of(2.5))).toString())
                .isEqualTo("{\"id\":7,\"token_text\":\"a\\nb\",\"share\":0.1,\"mean_value\":1.0E-7,\"limit\":null,"
                        + "\"loss\":2.5,\"rows\":[{\"id\":1,\"token_text\":\"x\"},{\"id\":22,\"token_text\":\"y\"}]}");
    }

    @Test
    void anEmptyComponentIsNullUnlessItIsLeftOut() {
        assertThat(ResultJson.tree(result(Optional.empty())).has("limit")).isTrue();
        assertThat(ResultJson.tree(result(Optional.empty())).has("loss")).isFalse();
    }

    @Test
    void numbersThatAreNotFiniteAreNullInTheText() {
        record Numbers(double nan, float infinite, double[] curve, Optional<Double> unknown) {}

        assertThat(ResultJson.text(new Numbers(
                        Double.NaN,
                        Float.NEGATIVE_INFINITY,
                        new double[] {1, Double.NaN},
                        Optional.of(Double.POSITIVE_INFINITY))))
                .isEqualToIgnoringWhitespace(
                        "{\"nan\": null, \"infinite\": null, \"curve\": [1.0, null], \"unknown\": null}");
    }

    @Test
    void aTableShowsTheSameAsAlignedText() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        new TextTable(ResultJson.tree(result(Optional.of(Double.NaN))))
                .print(new TextLines(new PrintStream(printed, true, StandardCharsets.UTF_8)));

        assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualToNormalizingNewlines("""
                id          7
                token_text  a\\nb
                share       0.100000
                mean_value  1.00000e-07
                limit       -
                loss        -
                rows
                  id  token_text
                   1  x
                  22  y
                """);
    }

    /** Tokens with what is likely after each, and with a record that one of them has not. */
    record Tokens(List<Token> tokens) {}

    record Token(String text, @Nullable Next best, List<Next> next) {}

    record Next(int id, double share) {}

    @Test
    void listsWithinTheRowsOfATableAreTablesBelowIt() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        Next one = new Next(5, 0.5);
        Next other = new Next(16, 0.25);
        new TextTable(ResultJson.tree(new Tokens(
                        List.of(new Token("x", one, List.of(one, other)), new Token("yy", null, List.of())))))
                .print(new TextLines(new PrintStream(printed, true, StandardCharsets.UTF_8)));

        assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualToNormalizingNewlines("""
                tokens
                  row  text  best.id  best.share
                    0  x           5    0.500000
                    1  yy          -           -
                  next, of each row
                    of  id     share
                     0   5  0.500000
                     0  16  0.250000
                """);
    }
}

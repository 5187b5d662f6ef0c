package loupe.ui.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumberTextsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0.30000000000000004 | 0.300",
                "3.8 | 3.80",
                "412 | 412",
                "12_400 | 12,400",
                "0.04213 | 0.0421",
                "-9.1 | \u22129.10",
                "1.254e-7 | 1.25e-7",
                "9.999e-7 | 1.00e-6",
                "9.996 | 10.0",
                "123456 | 123,000",
                "4.2e9 | 4.20e9",
                "0 | 0",
                "NaN | \u2013",
                "Infinity | \u221e"
            })
    void aNumberHasThreeSignificantDigits(String value, String shown) {
        assertThat(NumberTexts.number(Double.parseDouble(value.replace("_", ""))))
                .isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({"3.80, 3.8", "200, 200", "0.5, 0.5", "5e-5, 5e-5", "1, 1"})
    void aPlainNumberHasNoTrailingZeros(double value, String shown) {
        assertThat(NumberTexts.plain(value)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "3.8 | 3.8",
                "3,8 | 3.8",
                "12,400 | 12400",
                "\u22122.5 | -2.5",
                "5e-5 | 5e-5",
                "37.5 % | 37.5",
                " 25 tokens | 25"
            })
    void whatAPersonTypesIsRead(String typed, double value) {
        assertThat(NumberTexts.parse(typed)).isEqualTo(value);
    }

    @Test
    void wordsAreNotANumber() {
        assertThatThrownBy(() -> NumberTexts.parse("three")).isInstanceOf(NumberFormatException.class);
    }

    @Test
    void sizesAndSharesHaveUnits() {
        assertThat(NumberTexts.bytes(1_288_490_189L)).isEqualTo("1.20\u00a0GB");
        assertThat(NumberTexts.percent(0.000412)).isEqualTo("0.0412\u00a0%");
    }

    /** Against exact decimal arithmetic, from 1e-12 to 1e12. */
    @Test
    void digitsAreThoseOfExactArithmetic() {
        java.util.Random random = new java.util.Random(11);
        for (int i = 0; i < 20_000; i++) {
            double value = Math.pow(10, random.nextDouble() * 24 - 12);
            java.math.BigDecimal exact = new java.math.BigDecimal(value)
                    .round(new java.math.MathContext(3, java.math.RoundingMode.HALF_EVEN));
            assertThat(Double.parseDouble(NumberTexts.number(value).replace(",", "")))
                    .isEqualTo(exact.doubleValue());
            assertThat(Double.parseDouble(NumberTexts.plain(value).replace(",", "")))
                    .isEqualTo(exact.doubleValue());
        }
    }
}

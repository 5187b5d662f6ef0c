package loupe.ui.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a spreadsheet finds in an exported table. */
class CsvTest {
    private static final Csv TABLE = new Csv(
            List.of("token", "=weight", "change"),
            List.of(
                    List.of("=cmd|'/C calc'!A0", -0.5, "-3"),
                    List.of("@SUM(1+1)", -1e-7, "+12"),
                    List.of("+1+cmd", Double.NaN, "-1.5e-3"),
                    List.of("-", 3, ""),
                    List.of("\t=1", 4f, " =1"),
                    List.of("\uff1d1", 5L, "a=1")));

    @Test
    void textsThatWouldRunAsFormulasGetAnApostropheAndNumbersStay() {
        assertThat(TABLE.text(false))
                .isEqualTo("token,'=weight,change\r\n"
                        + "'=cmd|'/C calc'!A0,-0.5,-3\r\n"
                        + "'@SUM(1+1),-1.0E-7,+12\r\n"
                        + "'+1+cmd,NaN,-1.5e-3\r\n"
                        + "'-,3,\r\n"
                        + "'\t=1,4.0,\" =1\"\r\n"
                        + "'\uff1d1,5,a=1\r\n");
    }

    @Test
    void theyAreLeftAsTheyAreWhereThatIsChosen() {
        assertThat(TABLE.text(true))
                .startsWith("token,=weight,change\r\n=cmd|'/C calc'!A0,-0.5,-3\r\n")
                .doesNotContain("'=", "'@", "'+", "'-");
    }
}

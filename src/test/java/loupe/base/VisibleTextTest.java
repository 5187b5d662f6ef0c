package loupe.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of characters that a terminal obeys or nobody sees, and of texts that are too long. */
class VisibleTextTest {
    @Test
    void charactersThatATerminalObeysAreWrittenAsTheirCodes() {
        assertThat(VisibleText.line("a\u001b[2Jb\u0007")).isEqualTo("a\u20391b\u203a[2Jb\u203907\u203a");
        assertThat(VisibleText.line("\u009b31m")).isEqualTo("\u20399b\u203a31m");
        assertThat(VisibleText.line("one\ntwo\r\n\tthree")).isEqualTo("one\\ntwo\\r\\n\\tthree");
    }

    @Test
    void charactersThatTurnOrHideATextAreWrittenAsTheirCodes() {
        assertThat(VisibleText.line("gpj.\u202eexe\u2066\ufeff\u2028"))
                .isEqualTo("gpj.\u2039202e\u203aexe\u20392066\u203a\u2039feff\u203a\u20392028\u203a");
        assertThat(VisibleText.line("\ud800x\ufffe" + Character.toString(0xe0041)))
                .isEqualTo("\u2039d800\u203ax\u2039fffe\u203a\u2039e0041\u203a");
    }

    @Test
    void wordsOfEveryScriptAndJoinedPicturesStay() {
        String words = "Stra\u00dfe \u9ce5 \u0645\u0631\u062d\u0628\u0627 \ud83d\udc69\u200d\ud83d\udcbb \u2019\ufffd";
        assertThat(VisibleText.line(words)).isSameAs(words);
    }

    @Test
    void aLongTextKeepsItsBeginningAndItsEnd() {
        assertThat(VisibleText.shortened("0123456789abcdef", 10)).isEqualTo("012345\u2026def");
        assertThat(VisibleText.shortened("0123456789", 10)).isEqualTo("0123456789");
        assertThat(VisibleText.shortened("\ud83d\udc26".repeat(40), 10))
                .hasSizeBetween(8, 10)
                .isEqualTo(VisibleText.line(VisibleText.shortened("\ud83d\udc26".repeat(40), 10)));
    }

    @Test
    void ofSeveralTextsTheLongestIsCut() {
        assertThat(VisibleText.shortened(List.of("short", "x".repeat(100), "y".repeat(30)), 65))
                .containsExactly("short", "x".repeat(20) + "\u2026" + "x".repeat(9), "y".repeat(30));
        assertThat(VisibleText.shortened(List.of("a", "b"), 6)).containsExactly("a", "b");
    }

    @Test
    void aSentenceThatRepeatsSomethingEndlessKeepsItsOtherWords() {
        String endless = "--theme is " + "x".repeat(400) + ", expected light or dark";
        assertThat(VisibleText.brief(endless, 200))
                .hasSize(200)
                .startsWith("--theme is xxx")
                .contains("xx\u2026xx")
                .endsWith("x, expected light or dark");
        assertThat(VisibleText.brief("word ".repeat(100), 200)).hasSize(200).contains("\u2026");
        assertThat(VisibleText.brief("/" + "a".repeat(150) + " is missing", 200))
                .hasSize(162);
    }
}

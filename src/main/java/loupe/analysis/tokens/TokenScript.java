package loupe.analysis.tokens;

import java.lang.Character.UnicodeScript;
import java.util.Locale;

/** The writing system of a token's letters, as Unicode has it. */
public enum TokenScript {
    LATIN,
    CYRILLIC,
    GREEK,
    ARABIC,
    HEBREW,
    DEVANAGARI,
    THAI,
    HAN,
    /** Hiragana or katakana, with or without Han beside it. */
    KANA,
    HANGUL,
    /** Letters of one other writing system. */
    OTHER,
    /** Letters of several. */
    MIXED,
    /** No letters: digits, punctuation, spaces, pieces of characters, names of special tokens. */
    NONE;

    /** The name {@code --script} takes. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The script of all letters of a text. */
    public static TokenScript of(String text) {
        TokenScript found = NONE;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            UnicodeScript script = UnicodeScript.of(c);
            if (Character.isLetter(c) && script != UnicodeScript.COMMON && script != UnicodeScript.INHERITED) {
                found = found.with(of(script));
            }
        }
        return found;
    }

    private TokenScript with(TokenScript other) {
        if (this == NONE || this == other) {
            return other;
        }
        return (this == HAN && other == KANA) || (this == KANA && other == HAN) ? KANA : MIXED;
    }

    private static TokenScript of(UnicodeScript script) {
        return switch (script) {
            case LATIN -> LATIN;
            case CYRILLIC -> CYRILLIC;
            case GREEK -> GREEK;
            case ARABIC -> ARABIC;
            case HEBREW -> HEBREW;
            case DEVANAGARI -> DEVANAGARI;
            case THAI -> THAI;
            case HAN -> HAN;
            case HIRAGANA, KATAKANA -> KANA;
            case HANGUL -> HANGUL;
            default -> OTHER;
        };
    }
}

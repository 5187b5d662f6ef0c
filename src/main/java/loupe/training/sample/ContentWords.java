package loupe.training.sample;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The words of a definition that say something: letters only, lower case, without articles, prepositions and the like.
 */
final class ContentWords {
    private static final Pattern NOT_LETTERS = Pattern.compile("[^\\p{L}]+");

    private static final Set<String> FUNCTION_WORDS =
            Set.of(("a an the of in on at to for from by with without as into onto upon over under "
                            + "above below between among through during before after about against within across "
                            + "along around near off out up down and or but nor so "
                            + "if than then that which who whom whose what when where while how why this these those "
                            + "it its he she him her his hers they them "
                            + "their theirs we us our you your i me my one ones someone something somebody anyone "
                            + "anything be is are was were been being am "
                            + "have has had having do does did doing can could may might must shall should will would "
                            + "not no such some any all each every both "
                            + "either neither other others another same own very more most less least much many few "
                            + "only also too used using usually often "
                            + "especially etc e g there here s t")
                    .split(" "));

    private ContentWords() {}

    /** The content words of a definition, in their order. */
    static List<String> of(String definition) {
        return NOT_LETTERS
                .splitAsStream(definition.toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty() && !FUNCTION_WORDS.contains(word))
                .toList();
    }
}

package loupe.analysis.lens;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Words of one kind, of English; the classes that have few members in full, of names the common ones. */
final class WordLists {
    /** In whatever case they are written. */
    static final Map<String, Set<String>> WORDS = words();

    /** With a capital only: may, will and mark are words too. */
    static final Map<String, Set<String>> NAMES = names();

    private WordLists() {}

    private static Map<String, Set<String>> words() {
        Map<String, Set<String>> lists = new LinkedHashMap<>();
        lists.put(
                "colours",
                list("red orange yellow green blue purple violet pink brown black white grey gray cyan magenta "
                        + "crimson scarlet turquoise indigo beige maroon teal navy gold silver olive lavender"));
        lists.put(
                "number-words",
                list("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
                        + "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
                        + "hundred thousand million billion trillion dozen first second third fourth fifth sixth "
                        + "seventh eighth ninth tenth"));
        lists.put(
                "pronouns",
                list("i me my mine myself you your yours yourself yourselves he him his himself she her hers herself "
                        + "it its itself we us our ours ourselves they them their theirs themselves who whom whose"));
        lists.put(
                "determiners",
                list("a an the this that these those some any no every each either neither another such both all"));
        lists.put(
                "prepositions",
                list("about above across after against along among around at before behind below beneath beside "
                        + "between beyond by despite down during for from in inside into like near of off on onto "
                        + "out outside over past since through throughout to toward towards under until up upon with "
                        + "within without"));
        lists.put(
                "conjunctions",
                list("and or but nor so yet because although though while whereas unless if whether than as"));
        lists.put(
                "auxiliaries",
                list("am is are was were be been being have has had having do does did doing will would shall should "
                        + "can could may might must"));
        lists.put("questions", list("what which who whom whose when where why how"));
        lists.put("negation", list("no not never none nobody nothing nowhere neither nor cannot without"));
        lists.put(
                "family",
                list("mother father mom dad mum mommy daddy parent parents son daughter brother sister wife husband "
                        + "uncle aunt cousin nephew niece grandmother grandfather grandma grandpa child children baby "
                        + "family"));
        lists.put(
                "animals",
                list("cat dog horse cow pig sheep goat bird fish mouse rat rabbit bear lion tiger wolf fox deer frog "
                        + "snake duck chicken hen bee ant spider elephant monkey cats dogs birds horses"));
        lists.put(
                "body",
                list("head face eye eyes ear ears nose mouth hand hands arm arms leg legs foot feet hair skin heart "
                        + "finger fingers back neck shoulder knee blood bone brain"));
        lists.put(
                "time",
                list("second minute hour day week month year decade century today tomorrow yesterday morning "
                        + "afternoon evening night noon midnight now then soon later seconds minutes hours days weeks "
                        + "months years"));
        return lists;
    }

    private static Map<String, Set<String>> names() {
        Map<String, Set<String>> lists = new LinkedHashMap<>();
        lists.put(
                "months",
                list("January February March April May June July August September October November December Jan Feb "
                        + "Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"));
        lists.put("days", list("Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun"));
        lists.put(
                "first-names",
                list("James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel "
                        + "Matthew Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Edward "
                        + "Timothy Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott "
                        + "Benjamin Samuel Frank Jack Henry Peter Adam Max Tom Tim Ben Sam Tommy Billy Mary Patricia "
                        + "Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Margaret Sandra "
                        + "Ashley Kimberly Emily Donna Michelle Carol Amanda Dorothy Melissa Deborah Stephanie Rebecca "
                        + "Sharon Laura Cynthia Kathleen Amy Angela Anna Emma Ruth Maria Julia Grace Alice Lucy Lily "
                        + "Mia Sue Sara Jane Kate Ellen Helen Rose Sophie"));
        lists.put(
                "countries",
                list("America England France Germany Italy Spain Portugal Russia China Japan India Canada Mexico "
                        + "Brazil Australia Egypt Israel Iran Iraq Syria Turkey Greece Poland Ukraine Ireland "
                        + "Scotland Sweden Norway Denmark Finland Korea Vietnam Pakistan Afghanistan Britain Europe "
                        + "Africa Asia"));
        return lists;
    }

    private static Set<String> list(String words) {
        return Set.of(words.split(" "));
    }
}

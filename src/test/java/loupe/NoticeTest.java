package loupe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * The file {@code NOTICE} names every library on the class path with the licence that the library's own pom states, and
 * that licence is one which this project may use.
 */
class NoticeTest {
    private static final Path NOTICE = Path.of("NOTICE");
    private static final String APACHE = "Apache-2.0";
    private static final String CLASSPATH_EXCEPTION = "GPL-2.0-only WITH Classpath-exception-2.0";

    /**
     * What poms call the licences that are allowed, in lower case, and their SPDX identifiers. Nothing else is allowed.
     */
    private static final Map<String, String> ALLOWED = Map.ofEntries(
            Map.entry("apache-2.0", APACHE),
            Map.entry("apache 2.0", APACHE),
            Map.entry("apache license, version 2.0", APACHE),
            Map.entry("the apache license, version 2.0", APACHE),
            Map.entry("the apache software license, version 2.0", APACHE),
            Map.entry("mit", "MIT"),
            Map.entry("mit license", "MIT"),
            Map.entry("bsd", "BSD-3-Clause"),
            Map.entry("bsd licence 3", "BSD-3-Clause"),
            Map.entry("bsd 3-clause license", "BSD-3-Clause"),
            Map.entry("the 3-clause bsd license", "BSD-3-Clause"),
            Map.entry("bsd 2-clause license", "BSD-2-Clause"),
            Map.entry("lgpl-2.1-or-later", "LGPL-2.1-or-later"),
            Map.entry("gnu lesser general public licence", "LGPL-2.1-or-later"),
            Map.entry("gnu lesser general public license", "LGPL-2.1-or-later"),
            Map.entry("eclipse public license - v 1.0", "EPL-1.0"),
            Map.entry("eclipse public license v2.0", "EPL-2.0"),
            Map.entry("european union public licence, version 1.1", "EUPL-1.1"),
            Map.entry("gplv2+ce", CLASSPATH_EXCEPTION),
            Map.entry("gnu general public license, version 2, with the classpath exception", CLASSPATH_EXCEPTION));

    /** An entry of the file: indented, {@code group:artifact}, then the licence. */
    private static final Pattern ENTRY = Pattern.compile("(?m)^ {4}([\\w.-]+:[\\w.-]+)  *(\\S.*)$");

    /** A library as its pom describes it; the name is {@code group:artifact}. */
    private record Library(String name, List<String> licences) {

        /** What is wrong with using this library, as far as the entries of the notice say. */
        private Optional<String> complaint(Map<String, String> entries) {
            if (licences.isEmpty()) {
                return Optional.of(name + " states no licence");
            }
            for (String licence : licences) {
                String identifier = ALLOWED.get(licence.toLowerCase(Locale.ROOT));
                if (identifier == null) {
                    return Optional.of(name + " is under a licence that is not allowed: " + licence);
                }
                if (!entries.getOrDefault(name, "").contains(identifier)) {
                    return Optional.of(name + " is not named in NOTICE with its licence, " + identifier);
                }
            }
            return Optional.empty();
        }
    }

    @Test
    void everyLibraryIsNamedWithALicenceThatIsAllowed() throws Exception {
        Map<String, String> entries = entries();

        assertThat(libraries().stream()
                        .flatMap(library -> library.complaint(entries).stream())
                        .distinct())
                .isEmpty();
    }

    @Test
    void nothingIsNamedThatTheProjectDoesNotUse() throws Exception {
        Set<String> used = new TreeSet<>(libraries().stream().map(Library::name).toList());

        assertThat(used).contains("org.slf4j:slf4j-api", "org.junit.jupiter:junit-jupiter-api");
        assertThat(entries().keySet()).isSubsetOf(used);
    }

    @Test
    void aLibraryUnderTheGplWithoutAnExceptionIsRefused() {
        var viral = new Library("org.example:viral", List.of("GNU General Public License, version 3"));

        assertThat(viral.complaint(Map.of("org.example:viral", "GPL-3.0-only")))
                .contains("org.example:viral is under a licence that is not allowed: "
                        + "GNU General Public License, version 3");
    }

    @Test
    void aLibraryThatIsNotNamedOrNamedWithAnotherLicenceIsReported() {
        var library = new Library("org.example:library", List.of("MIT License"));

        assertThat(library.complaint(Map.of())).isPresent();
        assertThat(library.complaint(Map.of("org.example:library", "Apache-2.0")))
                .isPresent();
        assertThat(library.complaint(Map.of("org.example:library", "MIT"))).isEmpty();
    }

    @Test
    void aLibraryWithoutALicenceIsReported() {
        assertThat(new Library("org.example:library", List.of()).complaint(Map.of("org.example:library", "MIT")))
                .isPresent();
    }

    private static Map<String, String> entries() throws IOException {
        Matcher matcher = ENTRY.matcher(Files.readString(NOTICE));
        return matcher.results().collect(Collectors.toMap(found -> found.group(1), found -> found.group(2)));
    }

    /** The libraries on the class path that lie in a Maven repository, each with its pom beside it. */
    private static List<Library> libraries() throws Exception {
        List<Library> libraries = new ArrayList<>();
        for (Path jar : Stream.of(System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator)))
                .filter(entry -> entry.endsWith(".jar"))
                .map(Path::of)
                .toList()) {
            Path version = jar.toAbsolutePath().getParent();
            Path artifact = version.getParent();
            Path pom = version.resolve(artifact.getFileName() + "-" + version.getFileName() + ".pom");
            if (Files.exists(pom)) {
                libraries.add(read(pom, artifact));
            }
        }
        return libraries;
    }

    private static Library read(Path pom, Path artifact) throws Exception {
        String group = groupOf(pom);
        Path repository = artifact;
        for (int parts = group.split("\\.").length + 1; parts > 0; parts--) {
            repository = repository.getParent();
        }
        return new Library(group + ":" + artifact.getFileName(), licences(pom, repository));
    }

    private static String groupOf(Path pom) throws Exception {
        Document document = parse(pom);
        String own = text(document, "/project/groupId");
        return own.isEmpty() ? text(document, "/project/parent/groupId") : own;
    }

    /** The names of the licences in a pom or else in the nearest of its parents. */
    private static List<String> licences(Path pom, Path repository) throws Exception {
        Document document = parse(pom);
        NodeList names =
                (NodeList) xpath().evaluate("/project/licenses/license/name", document, XPathConstants.NODESET);
        List<String> licences = new ArrayList<>();
        for (int i = 0; i < names.getLength(); i++) {
            licences.add(names.item(i).getTextContent().strip());
        }
        String parent = text(document, "/project/parent/artifactId");
        if (!licences.isEmpty() || parent.isEmpty()) {
            return licences;
        }
        String version = text(document, "/project/parent/version");
        String group = text(document, "/project/parent/groupId").replace('.', '/');
        return licences(
                repository.resolve(group).resolve(parent).resolve(version).resolve(parent + "-" + version + ".pom"),
                repository);
    }

    private static String text(Document document, String path) throws XPathExpressionException {
        return xpath().evaluate(path, document).strip();
    }

    private static XPath xpath() {
        return XPathFactory.newInstance().newXPath();
    }

    private static Document parse(Path pom) throws IOException, ParserConfigurationException, SAXException {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom.toFile());
    }
}

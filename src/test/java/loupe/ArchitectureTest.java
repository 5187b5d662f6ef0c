package loupe;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The layers of {@code src/site/markdown/architecture.md}, checked. Every rule is also run on
 * {@code loupe.archfixture}, a small tree of deliberate offenders, and has to report it: a guard nobody has seen
 * failing guards nothing.
 */
class ArchitectureTest {
    private static final String[] ALL = {
        "base",
        "tensor",
        "format",
        "labels",
        "lm",
        "sae",
        "inference",
        "analysis",
        "index",
        "search",
        "training",
        "state",
        "ui",
        "app"
    };

    private static final String NO_CYCLES = "packages have no cycles";

    /** Operations with a number that a recorded pass keeps for its gradient. */
    private static final Set<String> KEPT =
            Set.of("mul", "muli", "div", "divi", "mod", "modi", "pow", "powi", "maximum", "minimum");

    private static final Pattern OPTION = Pattern.compile("(^|[^-])--[a-z]");

    /** What each layer may see. */
    private static final Map<String, String[]> SEES = Map.ofEntries(
            Map.entry("tensor", new String[] {"base"}),
            Map.entry("format", new String[] {"tensor", "base"}),
            Map.entry("labels", new String[] {"format", "tensor", "base"}),
            Map.entry("lm", new String[] {"format", "tensor", "base"}),
            Map.entry("sae", new String[] {"format", "tensor", "base"}),
            Map.entry("inference", new String[] {"lm", "sae", "tensor", "base"}),
            Map.entry("analysis", new String[] {"inference", "lm", "sae", "format", "tensor", "base"}),
            Map.entry("index", new String[] {"analysis", "inference", "lm", "sae", "tensor", "base"}),
            Map.entry(
                    "search", new String[] {"labels", "index", "analysis", "inference", "lm", "sae", "tensor", "base"}),
            Map.entry("training", new String[] {"analysis", "inference", "lm", "sae", "format", "tensor", "base"}),
            Map.entry("state", new String[] {
                "labels", "search", "analysis", "index", "training", "inference", "lm", "sae", "tensor", "base"
            }),
            Map.entry("ui", new String[] {
                "state", "labels", "search", "index", "analysis", "inference", "lm", "sae", "tensor", "base"
            }));

    private static Map<String, ArchRule> rulesFor(String root) {
        Map<String, ArchRule> rules = new LinkedHashMap<>();
        var layers = layeredArchitecture().consideringOnlyDependenciesInLayers();
        for (String layer : ALL) {
            layers = layers.layer(layer).definedBy(root + "." + layer + "..");
        }
        layers = layers.whereLayer("base").mayNotAccessAnyLayer();
        for (Map.Entry<String, String[]> sees : SEES.entrySet()) {
            layers = layers.whereLayer(sees.getKey()).mayOnlyAccessLayers(sees.getValue());
        }
        rules.put("layers see only what they may", layers.whereLayer("app").mayNotBeAccessedByAnyLayer());
        rules.put(NO_CYCLES, slices().matching(root + ".(**)").should().beFreeOfCycles());
        rules.put(
                "device arrays stay in the device layers",
                noFields()
                        .that()
                        .areDeclaredInClassesThat()
                        .resideInAnyPackage(in(
                                root,
                                "base",
                                "tensor",
                                "format",
                                "labels",
                                "search",
                                "analysis",
                                "index",
                                "state",
                                "ui",
                                "app"))
                        .should()
                        .haveRawType(NDArray.class)
                        .because("an array kept past its step leaks device memory"));
        rules.put(
                "the engine is known only where the mathematics is",
                noClasses()
                        .that()
                        .resideInAnyPackage(
                                in(root, "base", "tensor", "format", "labels", "search", "index", "state", "ui"))
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("ai.djl..")
                        .because("everything else asks the inference service"));
        rules.put(
                "view models have no nodes",
                noClasses()
                        .that()
                        .resideInAPackage(root + ".state..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("javafx.scene..", "javafx.stage..", "javafx.application..")
                        .because("what a pane shows is tested without a toolkit"));
        rules.put(
                "JavaFX stays in state, ui and app",
                noClasses()
                        .that()
                        .resideOutsideOfPackages(in(root, "state", "ui", "app"))
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("javafx..")
                        .because("commands run without a screen"));
        rules.put(
                "charts and controls stay in ui",
                noClasses()
                        .that()
                        .resideOutsideOfPackage(root + ".ui..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("org.jfree..", "org.controlsfx..")
                        .because("they are how things look"));
        rules.put(
                "only CommandProcess ends the process",
                noClasses()
                        .that()
                        .doNotHaveSimpleName("CommandProcess")
                        .should()
                        .callMethod(System.class, "exit", int.class)
                        .because("memory is given back and files are finished on the way out"));
        rules.put(
                "files are read and never mapped",
                noClasses()
                        .should()
                        .callMethod(FileChannel.class, "map", FileChannel.MapMode.class, long.class, long.class)
                        .because("a file that is cut short while it is mapped takes the process with it"));
        rules.put(
                "what may be differentiated takes its numbers from Scalars",
                noClasses()
                        .that()
                        .resideInAnyPackage(in(root, "lm", "training"))
                        .should()
                        .callMethodWhere(keepsANumber())
                        .because("the collector may free the number before the gradient is taken"));
        rules.put(
                "only app names options",
                noClasses()
                        .that()
                        .resideOutsideOfPackage(root + ".app..")
                        .and()
                        .doNotHaveSimpleName("SampleReadme")
                        .should(nameAnOption())
                        .because("the window shows the same messages; a refusal carries a remedy instead. The sample's"
                                + " README is a text about commands"));
        rules.put(
                "files are put in their place by one class",
                noClasses()
                        .that()
                        .doNotHaveSimpleName("DurableMove")
                        .should()
                        .accessTargetWhere(target(owner(type(Files.class))).and(target(name("move"))))
                        .because("a move that is not atomic, or not on the disk, loses what was there before"));
        return rules;
    }

    /** A call of the engine's that takes a number and whose gradient needs it. */
    private static DescribedPredicate<JavaMethodCall> keepsANumber() {
        return DescribedPredicate.describe("the engine multiplies by a number", call -> {
            var called = call.getTarget();
            List<String> takes = HasName.Utils.namesOf(called.getRawParameterTypes());
            return called.getOwner().isAssignableTo(NDArray.class)
                            && KEPT.contains(called.getName())
                            && takes.equals(List.of(Number.class.getName()))
                    || called.getOwner().isEquivalentTo(Activation.class)
                            && called.getName().equals("swish");
        });
    }

    /** Whether a class has a string literal that spells an option of the command line. */
    private static ArchCondition<JavaClass> nameAnOption() {
        return new ArchCondition<>("name an option of the command line") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                for (String literal : literals(item)) {
                    boolean names = OPTION.matcher(literal).find();
                    events.add(new SimpleConditionEvent(item, names, item.getName() + " says \"" + literal + "\""));
                }
            }
        };
    }

    private static List<String> literals(JavaClass of) {
        try (InputStream file = of.getSource().orElseThrow().getUri().toURL().openStream()) {
            return StringConstants.of(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String[] in(String root, String... layers) {
        return Stream.of(layers).map(layer -> root + "." + layer + "..").toArray(String[]::new);
    }

    @TestFactory
    Stream<DynamicTest> theCodeKeepsTheRules() {
        JavaClasses code = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("loupe");
        return rulesFor("loupe").entrySet().stream()
                .map(rule -> dynamicTest(rule.getKey(), () -> rule.getValue().check(code)));
    }

    @TestFactory
    Stream<DynamicTest> eachRuleCatchesItsOffender() {
        JavaClasses offenders = new ClassFileImporter().importPackages("loupe.archfixture");
        return rulesFor("loupe.archfixture").entrySet().stream()
                .map(rule -> dynamicTest(
                        rule.getKey(),
                        () -> assertThat(rule.getValue()
                                        .allowEmptyShould(true)
                                        .evaluate(offenders)
                                        .hasViolation())
                                .isTrue()));
    }

    /** The cycle of two rooms of one layer, beside those of whole layers. */
    @Test
    void roomsOfOneLayerThatKnowEachOtherAreFound() {
        JavaClasses offenders = new ClassFileImporter().importPackages("loupe.archfixture.ui");

        assertThat(rulesFor("loupe.archfixture")
                        .get(NO_CYCLES)
                        .evaluate(offenders)
                        .getFailureReport()
                        .toString())
                .contains("Slice ui.token", "Slice ui.tree");
    }
}

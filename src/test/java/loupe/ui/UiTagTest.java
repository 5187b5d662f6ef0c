package loupe.ui;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testfx.framework.junit5.ApplicationTest;

/** Whoever leaves the tests with a window out, by their tag, leaves all of them out. */
class UiTagTest {
    private final List<JavaClass> tests = new ClassFileImporter()
            .importUrl(UiTagTest.class.getProtectionDomain().getCodeSource().getLocation()).stream()
                    .filter(type -> type.isAssignableTo(ApplicationTest.class)
                            || type.getSimpleName().endsWith("UiTest"))
                    .filter(type -> !type.getModifiers().contains(JavaModifier.ABSTRACT))
                    .toList();

    @Test
    void everyTestWithAStageIsTaggedSo() {
        assertThat(tests).hasSizeGreaterThan(10);
        for (JavaClass test : tests) {
            assertThat(Arrays.stream(test.reflect().getAnnotationsByType(Tag.class)))
                    .as(test.getName())
                    .extracting(Tag::value)
                    .contains("ui");
        }
    }
}

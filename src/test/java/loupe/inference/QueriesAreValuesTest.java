package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Equal queries have equal answers, so a query is compared by what is in it: arrays are compared by where they are. */
class QueriesAreValuesTest {
    @Test
    void everyQueryIsARecordWithoutArraysOrSaysWhatIsEqual() {
        List<JavaClass> queries = queriesIn("loupe", ImportOption.Predefined.DO_NOT_INCLUDE_TESTS);

        assertThat(queries).hasSizeGreaterThan(20);
        assertThat(queries).allMatch(QueriesAreValuesTest::isValue);
    }

    @Test
    void aQueryWithAnArrayIsFound() {
        List<JavaClass> queries = queriesIn("loupe.inference", ImportOption.Predefined.ONLY_INCLUDE_TESTS);

        assertThat(queries)
                .filteredOn(query -> query.isEquivalentTo(ComparedByAddress.class))
                .singleElement()
                .matches(query -> !isValue(query));
    }

    private static List<JavaClass> queriesIn(String root, ImportOption which) {
        return new ClassFileImporter()
                .withImportOption(which).importPackages(root).stream()
                        .filter(type -> type.isAssignableTo(Query.class) && !type.isInterface())
                        .toList();
    }

    private static boolean isValue(JavaClass query) {
        boolean saysWhatIsEqual = query.tryGetMethod("equals", Object.class)
                .filter(equals ->
                        !query.isRecord() || !equals.getMethodCallsFromSelf().isEmpty())
                .isPresent();
        return saysWhatIsEqual
                || query.isRecord()
                        && query.getFields().stream()
                                .noneMatch(field -> !field.getModifiers()
                                                .contains(com.tngtech.archunit.core.domain.JavaModifier.STATIC)
                                        && field.getRawType().isArray());
    }

    private record ComparedByAddress(int[] ids) implements Query.Single<Integer> {
        @Override
        public Integer answer(Scope scope) {
            return ids.length;
        }
    }
}

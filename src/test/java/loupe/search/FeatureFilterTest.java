package loupe.search;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeatureFilterTest {
    @ParameterizedTest
    @CsvSource({
        "density<0.1,DENSITY,LESS,0.1",
        "density < 10%,DENSITY,LESS,0.1",
        "max>=5,MAX,AT_LEAST,5",
        "skew > 3,SKEWNESS,MORE,3",
        "norm<=1e-3,DECODER_NORM,AT_MOST,0.001",
        "match=1,MATCH,EQUAL,1"
    })
    void boundsAreRead(String typed, FeatureColumn column, FeatureFilter.Relation relation, double limit) {
        FeatureFilter filter = FeatureFilter.parse(typed);
        assertThat(filter.search().isEmpty()).isTrue();
        assertThat(filter.bounds()).containsExactly(new FeatureFilter.Bound(column, relation, limit));
    }

    @Test
    void wordsAndBoundsGoTogether() {
        FeatureFilter filter = FeatureFilter.parse("  Bird max>5 song ");
        assertThat(filter.search().words()).extracting(SearchQuery.Word::text).containsExactly("bird", "song");
        assertThat(filter.bounds()).hasSize(1);
    }

    @Test
    void aBoundOfNoColumnIsAWord() {
        assertThat(FeatureFilter.parse("colour>3").search().words())
                .extracting(SearchQuery.Word::text)
                .containsExactly("colour", "3");
    }

    @Test
    void nothingTypedLetsEverythingThrough() {
        assertThat(FeatureFilter.parse("  ").isEmpty()).isTrue();
    }

    @Test
    void aValueThatIsNotKnownPassesNoBound() {
        assertThat(FeatureFilter.parse("max>0").bounds().get(0).holds(Double.NaN))
                .isFalse();
    }

    @Test
    void aWrittenRangeIsReadBackAsItIs() {
        for (FeatureColumn column : FeatureColumn.values()) {
            if (!column.isText()) {
                FeatureFilter filter = FeatureFilter.parse(
                        FeatureFilter.between(column, column == FeatureColumn.NUMBER ? 3 : 1.234e-5, 1234));
                assertThat(filter.search().isEmpty()).isTrue();
                assertThat(filter.bounds())
                        .containsExactly(
                                new FeatureFilter.Bound(
                                        column,
                                        FeatureFilter.Relation.AT_LEAST,
                                        column == FeatureColumn.NUMBER ? 3 : 1.234e-5),
                                new FeatureFilter.Bound(column, FeatureFilter.Relation.AT_MOST, 1234));
            }
        }
    }

    @Test
    void boundsOfAColumnAreTakenOutAndTheRestStays() {
        assertThat(FeatureFilter.without("bird max >= 5 density<10% Max<7 song", FeatureColumn.MAX))
                .isEqualTo("bird density<10% song");
        assertThat(FeatureFilter.without("  ", FeatureColumn.MAX)).isEmpty();
    }
}

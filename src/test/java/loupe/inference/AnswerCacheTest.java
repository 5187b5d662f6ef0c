package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AnswerCacheTest {
    private final AnswerCache cache = new AnswerCache(100);

    @Test
    void anEqualQueryFindsTheAnswer() {
        cache.put(new Ask("a", 10, true), "answer");
        assertThat(cache.find(new Ask("a", 10, true))).contains("answer");
        assertThat(cache.find(new Ask("b", 10, true))).isEmpty();
    }

    @Test
    void theLeastRecentlyUsedAnswerIsForgottenFirst() {
        cache.put(new Ask("old", 40, true), "1");
        cache.put(new Ask("used", 40, true), "2");
        cache.find(new Ask("old", 40, true));
        cache.put(new Ask("new", 40, true), "3");
        assertThat(cache.find(new Ask("used", 40, true))).isEmpty();
        assertThat(cache.find(new Ask("old", 40, true))).contains("1");
        assertThat(cache.find(new Ask("new", 40, true))).contains("3");
        assertThat(cache.bytes()).isEqualTo(80);
    }

    @Test
    void anAnswerLargerThanTheBudgetIsNotKeptAndDisplacesNothing() {
        cache.put(new Ask("small", 40, true), "1");
        cache.put(new Ask("large", 101, true), "2");
        assertThat(cache.find(new Ask("large", 101, true))).isEmpty();
        assertThat(cache.find(new Ask("small", 40, true))).contains("1");
    }

    @Test
    void aQueryMayAskNotToBeRemembered() {
        cache.put(new Ask("a", 10, false), "answer");
        assertThat(cache.find(new Ask("a", 10, false))).isEmpty();
        assertThat(cache.bytes()).isZero();
    }

    @Test
    void puttingAnAnswerAgainCountsItsBytesOnce() {
        cache.put(new Ask("a", 60, true), "1");
        cache.put(new Ask("a", 60, true), "2");
        assertThat(cache.find(new Ask("a", 60, true))).contains("2");
        assertThat(cache.bytes()).isEqualTo(60);
    }

    @Test
    void clearingForgetsEverything() {
        cache.put(new Ask("a", 60, true), "1");
        cache.clear();
        assertThat(cache.find(new Ask("a", 60, true))).isEmpty();
        assertThat(cache.bytes()).isZero();
    }

    private record Ask(String name, long size, boolean cacheable) implements Query.Single<String> {
        @Override
        public String answer(Scope scope) {
            return name;
        }

        @Override
        public long bytes(String answer) {
            return size;
        }
    }
}

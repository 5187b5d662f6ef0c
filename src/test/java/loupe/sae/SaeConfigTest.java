package loupe.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.sae.SaeConfig.Heads;
import loupe.sae.SaeConfig.Reading;
import loupe.sae.SaeConfig.Writing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SaeConfigTest {
    private static final SaeConfig PLAIN = SaeConfig.of("test", 8, 20, new Activation.Relu(), false);
    private static final HookPoint HEADS = new HookPoint(Site.Z, 3);

    @Test
    void anAutoencoderWritesWhatItReads() {
        assertThat(PLAIN.dOut()).isEqualTo(8);
        assertThat(PLAIN.transcodes()).isFalse();
        assertThat(PLAIN.trainedAt("m", HookPoint.residPre(1), true).hookOut()).isEmpty();
    }

    @Test
    void whatWritesElsewhereTranscodesEvenIfNobodyKnowsWhere() {
        SaeConfig transcoder = PLAIN.withWriting(new Writing.Elsewhere(Optional.empty(), 8));
        assertThat(transcoder.transcodes()).isTrue();
        assertThat(transcoder.hookOut()).isEmpty();
        assertThat(PLAIN.withWriting(new Writing.Elsewhere(Optional.empty(), 5)).dOut())
                .isEqualTo(5);
    }

    @Test
    void headsAreJoinedWhereTheFilesSaySoOrWhereHeadsAre() {
        assertThat(PLAIN.readsHeads()).isFalse();
        assertThat(reading(Optional.empty(), new Heads.Joined()).readsHeads()).isTrue();
        assertThat(reading(Optional.of(HEADS), new Heads.Unstated()).readsHeads())
                .isTrue();
        assertThat(reading(Optional.of(HEADS), new Heads.One(2)).readsHeads()).isFalse();
    }

    @Test
    void thePlaceOfOneHeadNamesIt() {
        assertThat(reading(Optional.of(HEADS), new Heads.One(2)).place()).contains("blocks.3.attn.hook_z, head 2");
        assertThat(reading(Optional.of(HEADS), new Heads.Joined()).place()).contains("blocks.3.attn.hook_z");
        assertThat(reading(Optional.empty(), new Heads.One(2)).place()).isEmpty();
    }

    @Test
    void oneHeadIsWrittenBackWhereItWasRead() {
        SaeConfig one = reading(Optional.of(HEADS), new Heads.One(0));
        assertThatThrownBy(() -> one.withWriting(new Writing.Elsewhere(Optional.of(HEADS), 8)))
                .hasMessageContaining("head is 0");
        assertThatThrownBy(() -> one.withWriting(new Writing.Elsewhere(Optional.empty(), 9)))
                .hasMessageContaining("writes 9");
        assertThatThrownBy(() -> new Heads.One(-1)).hasMessageContaining("head is -1");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 21})
    void kIsANumberOfFeatures(int k) {
        assertThatThrownBy(() -> PLAIN.withActivation(new Activation.TopK(k, true, false)))
                .hasMessageContaining("k is " + k);
        assertThatThrownBy(() -> PLAIN.withActivation(new Activation.SignedTopK(k, false)))
                .hasMessageContaining("k is " + k);
    }

    @Test
    void groupsAreOfEqualSize() {
        assertThatThrownBy(() -> PLAIN.withActivation(new Activation.GroupMax(3)))
                .hasMessageContaining("equal groups");
        assertThat(PLAIN.withActivation(new Activation.GroupMax(5)).dSae()).isEqualTo(20);
    }

    private static SaeConfig reading(Optional<HookPoint> at, Heads heads) {
        return PLAIN.withReading(new Reading(at, 8, heads, false));
    }
}

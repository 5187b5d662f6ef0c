package loupe.analysis.effects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalDouble;
import loupe.analysis.features.VectorFile;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InterventionLineTest {
    private static final SaeId SAE = new SaeId("a", "1");
    private static final HostTensor VECTOR = new HostTensor(new float[] {3, 4}, 2);
    private static final InterventionLine.Sources SOURCES = new InterventionLine.Sources() {
        @Override
        public SaeId sae(int number) {
            return number == 0 ? SAE : new SaeId("b", "2");
        }

        @Override
        public double largest(int sae, int feature) {
            return 10 + feature;
        }

        @Override
        public HostTensor vector(VectorFile file, HookPoint at) {
            return VECTOR;
        }
    };

    private static List<Intervention> of(String line) {
        return InterventionLine.parse(line).interventions(SOURCES);
    }

    private static Intervention.Target feature(int feature) {
        return new Intervention.Target.Feature(SAE, feature);
    }

    @Test
    void eachKindIsTheActionOfItsName() {
        assertThat(of("ablate 866"))
                .containsExactly(new Intervention(feature(866), new Intervention.Scale(0), Positions.ALL));
        assertThat(of("scale 2 0.5 only 3,4"))
                .containsExactly(
                        new Intervention(feature(2), new Intervention.Scale(0.5), Positions.listed(List.of(3, 4))));
        assertThat(of("clamp 2 -4.5 from 3"))
                .containsExactly(new Intervention(feature(2), Intervention.Clamp.to(-4.5), Positions.from(3)));
        assertThat(of("clamp-max 2 1.5 generated"))
                .containsExactly(new Intervention(feature(2), new Intervention.Clamp(1.5, 12), Positions.GENERATED));
        assertThat(of("add 1/2,3 4 without 0"))
                .containsExactly(
                        new Intervention(
                                new Intervention.Target.Feature(new SaeId("b", "2"), 2),
                                new Intervention.Add(4, false),
                                Positions.without(List.of(0))),
                        new Intervention(
                                new Intervention.Target.Feature(new SaeId("b", "2"), 3),
                                new Intervention.Add(4, false),
                                Positions.without(List.of(0))));
        assertThat(of("add-unit 2 4 at blocks.1.hook_resid_pre"))
                .containsExactly(new Intervention(
                        new Intervention.Target.FeatureElsewhere(SAE, 2, HookPoint.residPre(1)),
                        new Intervention.Add(4, true),
                        Positions.ALL));
        assertThat(of("orthogonal file my probe.npy 0 at blocks.1.hook_resid_pre"))
                .containsExactly(new Intervention(
                        new Intervention.Target.Direction(HookPoint.residPre(1), VECTOR),
                        new Intervention.Orthogonal(0),
                        Positions.ALL));
        assertThat(of("cap 2 ..3"))
                .containsExactly(new Intervention(
                        feature(2), new Intervention.Cap(OptionalDouble.empty(), OptionalDouble.of(3)), Positions.ALL));
        assertThat(of("cap 2 -1..")).hasSize(1);
        assertThat(of("off ablate 866")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ablate 866",
                "off ablate 866,12",
                "clamp-max 1/866 1.5 from 3",
                "cap 7 -1..2.5",
                "cap 7 -1..",
                "cap 7 2",
                "add-unit file a b.safetensors:x 4 at blocks.2.hook_resid_pre without 0",
                "add 12 0.1 only 1,2",
                "scale 3 -2 generated"
            })
    void aLineIsReadAsItIsWritten(String line) {
        assertThat(InterventionLine.parse(line)).hasToString(line);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ablat 866|'ablat 866' is no intervention",
                "ablate|cannot be read",
                "ablate 866 3|has a number",
                "scale 866|by how much",
                "scale 866 much|cannot be read",
                "scale 866 1e99|no number",
                "scale 866 1..2|two bounds",
                "clamp 866 1 at blocks.1.hook_resid_pre|changes an activation",
                "add 866 1 at blocks.1.nowhere|no hook point",
                "add file x.npy 1|has no place",
                "add 866 1 from 2,3|several tokens",
                "cap 866 3..1|wrong way round",
                "cap 866 ..|no bound"
            })
    void whatIsNoLineIsRefusedInWords(String line, String why) {
        assertThatThrownBy(() -> InterventionLine.parse(line))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(why);
    }

    @Test
    void aListIsReadAsItIsWrittenAndWithoutErrorTakesTheCheckpointsItNames() {
        InterventionList list = InterventionList.parse("no-error\nablate 1/3\noff add 2 4\n");
        assertThat(list).hasToString("no-error\nablate 1/3\noff add 2 4");
        assertThat(list.interventions(SOURCES).withoutError()).containsExactly(new SaeId("b", "2"));
        assertThat(InterventionList.parse("no-error").interventions(SOURCES).withoutError())
                .containsExactly(SAE);
        assertThat(InterventionList.parse("")).isEqualTo(InterventionList.NONE);
        assertThat(list.words()).isEqualTo("ablate 1/3; without the error");
    }
}

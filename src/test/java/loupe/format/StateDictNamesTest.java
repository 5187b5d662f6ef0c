package loupe.format;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StateDictNamesTest {
    @ParameterizedTest
    @CsvSource({
        "W_dec, ''",
        "_orig_mod.W_dec, ''",
        "module._orig_mod.W_dec, ''",
        "state_dict.W_dec, state_dict.",
        "state_dict.module.sae.W_dec, state_dict.sae.",
        "module.state_dict._orig_mod.model.autoencoder.W_dec, state_dict.model.autoencoder.",
        "my_autoencoder.W_dec, my_autoencoder.",
        "checkpoint.sae_state_dict.W_dec, ''",
        "model.my_sae.W_dec, model.my_sae.",
    })
    void aPrefixIsKnownKeysInAnyOrderAndOneOfAnyName(String name, String prefix) {
        List<String> expected = name.startsWith("checkpoint.") ? List.of() : List.of(prefix);

        assertEquals(expected, StateDictNames.of(Set.of(name)).prefixes(Set.of("W_dec")));
    }

    @Test
    void wrappersWithinANameAreLeftOutToo() {
        StateDictNames names =
                StateDictNames.of(List.of("model.layers.0._orig_mod.mlp.weight", "encoder.module.weight"));

        assertEquals(Optional.of("model.layers.0._orig_mod.mlp.weight"), names.stored("model.layers.0.mlp.weight"));
        assertEquals(Optional.of("encoder.module.weight"), names.stored("encoder.weight"));
    }

    @Test
    void namesThatWouldBecomeTheSameStayAsTheyAre() {
        StateDictNames names = StateDictNames.of(List.of("W_dec", "module.W_dec"));

        assertEquals(Set.of("W_dec", "module.W_dec"), names.all());
    }

    @Test
    void theShortestPrefixOfKnownKeysComesFirst() {
        StateDictNames names = StateDictNames.of(List.of("ema.W_dec", "state_dict.sae.W_dec", "sae.W_dec"));

        assertEquals(List.of("sae.", "state_dict.sae.", "ema."), names.prefixes(Set.of("W_dec")));
    }
}

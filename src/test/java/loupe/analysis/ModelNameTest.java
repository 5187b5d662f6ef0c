package loupe.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelNameTest {
    @ParameterizedTest
    @CsvSource({
        "gpt2-small, gpt2",
        "openai-community/gpt2, gpt2",
        "EleutherAI/pythia-70m-deduped, pythia-70m-deduped",
        "meta-llama/Meta-Llama-3.1-8B, Llama-3.1-8B",
        "Llama-2-7b-hf, llama-2-7b",
        "gemma-v3-1b-pt, google/gemma-3-1b-pt",
        "mistral-7b, mistralai/Mistral-7B-v0.1",
        "tiny-stories-33M, roneneldan/TinyStories-33M",
        "gpt2, 0123456789abcdef0123456789abcdef01234567",
        "gpt2, model",
    })
    void oneModelIsKnownByItsDifferentNames(String one, String other) {
        assertThat(new ModelName(one).mayBe(new ModelName(other))).isTrue();
        assertThat(new ModelName(other).mayBe(new ModelName(one))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "gpt2-small, gpt2-medium",
        "pythia-70m, pythia-70m-deduped",
        "google/gemma-2-2b, google/gemma-2-2b-it",
        "Llama-3.1-8B, Llama-3.2-1B",
    })
    void differentModelsAreDifferent(String one, String other) {
        assertThat(new ModelName(one).mayBe(new ModelName(other))).isFalse();
    }

    @Test
    void onlyACheckpointThatNamesAnotherModelIsDoubted() {
        SaeConfig sae = SaeConfig.of("plain", 4, 8, new Activation.Relu(), true);
        assertThat(ModelName.doubt("sae", sae, "gpt2")).isEmpty();
        SaeConfig named = sae.trainedAt("google/gemma-2-2b", HookPoint.residPost(3), false);
        assertThat(ModelName.doubt("sae", named, "gemma-2-2b")).isEmpty();
        assertThat(ModelName.doubt("sae", named, "gpt2"))
                .isEqualTo(Optional.of("sae says that it was trained on google/gemma-2-2b, and the open model is "
                        + "called gpt2; if they are not the same, its features mean nothing here"));
    }
}

package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.format.TorchWriter;
import loupe.sae.Activation;
import loupe.sae.checkpoint.SaeProposal.Missing;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tag in the name of a Tokenized SAE: {@code ot30} is top-k, {@code t8} is not, and neither is more than a hint at
 * what the four tensors are.
 */
class TokenizedTagTest {
    private static final int D = 4;
    private static final int N = 10;

    @TempDir
    Path folder;

    @Test
    void aTagWithoutTheLetterOfTopKProposesReluAndAsks() {
        SaeFile file = SaeFile.read(write("gpt2_resid_pre_8_t8.pt"), SaeOptions.AS_STORED);

        SaeProposal proposal = file.proposal();
        assertThat(proposal.missing()).containsExactly(Missing.ACTIVATION);
        assertThat(proposal.encoding().activation()).isEqualTo("relu");
        assertThat(proposal.encoding().activations()).containsExactly("relu", "topk", "batchtopk");
        assertThatThrownBy(file::config)
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("does not say which activation function")
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.give(Choice.ACTIVATION, "relu"), Remedy.give(Choice.K));
    }

    @Test
    void theAnswersOpenItEachInItsWay() {
        Path file = write("gpt2_resid_pre_8_t8.pt");
        assertThat(SaeFile.read(file, activation("relu")).config().activation()).isEqualTo(new Activation.Relu());
        assertThat(SaeFile.read(file, SaeOptions.builder().k(OptionalInt.of(3)).build())
                        .config()
                        .activation())
                .isEqualTo(new Activation.TopK(3, false, false));
    }

    @Test
    void aTagWithTheLetterProposesTopK() {
        SaeProposal proposal = SaeFile.read(write("gpt2_resid_pre_8_ot30.pt"), SaeOptions.AS_STORED)
                .proposal();
        assertThat(proposal.missing()).containsExactly(Missing.K);
        assertThat(proposal.encoding().activation()).isEqualTo("topk");
    }

    private static SaeOptions activation(String name) {
        return SaeOptions.builder().activation(Optional.of(name)).build();
    }

    private Path write(String name) {
        Path file = folder.resolve(name);
        new TorchWriter()
                .add("W_dec", new HostTensor(new float[D * N], D, N))
                .add("W_enc", new HostTensor(new float[N * D], N, D))
                .add("b_enc", new HostTensor(new float[N], N))
                .add("b_dec", new HostTensor(new float[D], D))
                .add("lookup.W_lookup.weight", new HostTensor(new float[20 * D], 20, D))
                .write(file);
        return file;
    }
}

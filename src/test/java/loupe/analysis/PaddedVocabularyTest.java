package loupe.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import loupe.TinyModel;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.features.Neighbours;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.TreeLimits;
import loupe.analysis.ghost.TreeShape;
import loupe.analysis.lens.LogitMoments;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.analysis.tokens.TokenRanking;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model whose matrices have 310 rows for 300 tokens, as Pythia's have 50,304 for 50,277. The padding would come first
 * in every list: its rows are ten times a ghost.
 */
class PaddedVocabularyTest {
    private static final int ROWS = 310;

    @TempDir
    Path folder;

    private final TestDevice device = new TestDevice();
    private final HostTensor direction = new HostTensor(new float[] {1, -2, 0.5f, 1, 0, -1, 2, 1}, 8);
    private ModelId model;
    private SaeId sae;

    @BeforeEach
    void open() throws IOException {
        TinyModel.writeTo(folder);
        Files.writeString(
                folder.resolve("config.json"),
                Files.readString(folder.resolve("config.json")).replace("\"vocab_size\":300", "\"vocab_size\":310"));
        Map<String, HostTensor> weights = TinyModel.weights(ModelConfig.gpt2(ROWS, 32, 8, 2, 2), 7);
        float[] gain = weights.get("transformer.ln_f.weight").data();
        float[] embedding = weights.get("transformer.wte.weight").data();
        for (int row = TinyModel.VOCABULARY; row < ROWS; row++) {
            for (int i = 0; i < 8; i++) {
                embedding[row * 8 + i] = 10 * direction.data()[i] * Math.signum(gain[i]);
            }
        }
        TinyModel.writeSafetensors(folder.resolve("model.safetensors"), weights);
        model = device.model("padded", folder);
        sae = device.sae("sae", new HostTensor(direction.data(), 8, 1), new HostTensor(direction.data(), 1, 8));
    }

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void logitWeightsAreOfTokensOnly() {
        LogitWeights.Answer weights = device.ask(new LogitWeights(model, sae, 0, LogitProjection.DEFAULT, 20));
        assertThat(weights.weights()).hasSize(TinyModel.VOCABULARY);
        assertThat(weights.promoted()).hasSize(20);
        onlyTokens(weights.promoted());
        LogitMoments.Answer moments = device.ask(new LogitMoments(model, sae, LogitProjection.DEFAULT, 5, List.of()));
        assertThat(moments.tokens(0)).isEqualTo(Arrays.copyOf(weights.promoted(), 5));
        assertThat(moments.deviation()[0]).isEqualTo((float) weights.moments().deviation());
    }

    @Test
    void tokenListsAndNeighboursNameTokensOnly() {
        GhostSettings ghost = GhostSettings.finished(direction);
        TokenColumns.Answer columns = device.ask(new TokenColumns(model, ghost, TokenMetric.COSINE));
        int[] nearest = new TokenRanking()
                .rank(columns, new TokenListSettings(ghost, TokenMetric.COSINE, 1, 50))
                .tokens();
        assertThat(nearest).hasSize(50);
        onlyTokens(nearest);
        for (NeighbourSpace space : List.of(new NeighbourSpace.Tokens(model), new NeighbourSpace.Unembedding(model))) {
            int[] ids = device.ask(new Neighbours(new NeighbourQuery.Token(model, 5), space, ROWS))
                    .ids();
            assertThat(ids).hasSize(TinyModel.VOCABULARY - 1);
            onlyTokens(ids);
        }
    }

    /** Padding takes its share of the probability, as in the model, but is no word of a definition. */
    @Test
    void treesGrowFromTokensOnly() {
        DefinitionTree.Answer tree = device.ask(new DefinitionTree(
                model,
                GhostSettings.finished(direction),
                new GhostPrompt(List.of(5, 0, 17), List.of(1)),
                new TreeLimits(0, ROWS, 1, OptionalInt.empty(), OptionalInt.empty())));
        assertThat(TreeShape.childCount(tree, 0)).isEqualTo(TinyModel.VOCABULARY);
        double sum = 0;
        for (int i = 0; i < TreeShape.childCount(tree, 0); i++) {
            assertThat(tree.token(TreeShape.firstChild(tree, 0) + i)).isLessThan(TinyModel.VOCABULARY);
            sum += tree.cumulative(TreeShape.firstChild(tree, 0) + i);
        }
        assertThat(sum).isLessThan(1 - 1e-6);
    }

    private static void onlyTokens(int[] ids) {
        assertThat(Arrays.stream(ids).max().orElse(0)).isLessThan(TinyModel.VOCABULARY);
    }
}

package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.RealData;
import loupe.TinyModel;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.LanguageModelTest;
import loupe.lm.Logits;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.MlpActivation;
import loupe.lm.ModelConfig.Wiring;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A real model of GPT-2's architecture (minGPT's sorter: 3 layers, 48 wide) with every intermediate value of one pass
 * recorded in float32. Tolerance 1e-4 + 1e-4 |x|, since the recording is itself rounded.
 */
class NanoSortTest {
    @Test
    @Tag("real-data")
    void everyRecordedIntermediateValueIsReproduced() throws IOException {
        Path folder = RealData.file("real-lm/gpt-nano-sort");
        JsonNode json = new ObjectMapper()
                .readTree(folder.resolve("gpt-nano-sort-model.json").toFile());
        JsonNode partials = new ObjectMapper()
                .readTree(folder.resolve("gpt-nano-sort-t0-partials.json").toFile());
        try (NDManager base = NDManager.newBaseManager()) {
            LanguageModel model = TinyModel.on(base, config(json.path("config")), weights(json));
            HostTensor ids = tensor(partials.path("idx"));
            int[][] rows = new int[ids.size(0)][ids.size(1)];
            for (int row = 0; row < rows.length; row++) {
                for (int t = 0; t < rows[row].length; t++) {
                    rows[row][t] = (int) ids.get(row, t);
                }
            }
            LanguageModelTest.Recorder seen = new LanguageModelTest.Recorder();
            NDArray logits = model.forward(base, Input.of(rows), seen, null, Logits.ALL, new Cancellation());
            same(seen.get(HookPoint.of(Site.EMBED)), partials, "tok_emb");
            same(seen.get(HookPoint.of(Site.POS_EMBED)).get(":1"), partials, "pos_emb");
            same(seen.get(HookPoint.residPre(0)), partials, "x");
            same(first(seen, Site.LN1_NORMALIZED), partials, "ln1");
            same(first(seen, Site.Q).transpose(0, 2, 1, 3), partials, "q");
            same(first(seen, Site.K).transpose(0, 2, 1, 3), partials, "k");
            same(first(seen, Site.V).transpose(0, 2, 1, 3), partials, "v");
            same(first(seen, Site.PATTERN), partials, "attSm");
            same(first(seen, Site.Z), partials, "y");
            same(first(seen, Site.ATTN_OUT), partials, "yProj");
            same(first(seen, Site.RESID_MID), partials, "attnResid");
            same(first(seen, Site.LN2_NORMALIZED), partials, "ln2");
            same(first(seen, Site.MLP_PRE), partials, "fc");
            same(first(seen, Site.MLP_POST), partials, "gelu");
            same(first(seen, Site.MLP_OUT), partials, "mlp");
            same(first(seen, Site.RESID_POST), partials, "mlpResid");
            for (int layer = 0; layer < 3; layer++) {
                same(seen.get(HookPoint.residPost(layer)), partials, "block" + layer);
            }
            same(seen.get(HookPoint.of(Site.LN_FINAL_NORMALIZED)), partials, "ln_f");
            same(logits, partials, "lm_head");
            same(logits.softmax(-1), partials, "probs");
        }
    }

    private static NDArray first(LanguageModelTest.Recorder seen, Site site) {
        return seen.get(new HookPoint(site, 0));
    }

    private static ModelConfig config(JsonNode json) {
        int dModel = json.path("n_embd").asInt();
        int nLayers = json.path("n_layer").asInt();
        int nHeads = json.path("n_head").asInt();
        int dHead = dModel / nHeads;
        return new ModelConfig(
                "gpt2",
                json.path("vocab_size").asInt(),
                json.path("block_size").asInt(),
                dModel,
                nLayers,
                nHeads,
                nHeads,
                dHead,
                4 * dModel,
                1e-5,
                MlpActivation.GELU_NEW,
                Collections.nCopies(nLayers, 1 / Math.sqrt(dHead)),
                Wiring.GPT2);
    }

    /**
     * The matrices of the blocks are (out, in) in this file and (in, out) in GPT-2's; the causal masks are left out.
     */
    private static Map<String, HostTensor> weights(JsonNode json) {
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        json.properties().forEach(entry -> {
            String name = entry.getKey();
            if (name.equals("config") || name.endsWith(".attn.bias")) {
                return;
            }
            HostTensor tensor = tensor(entry.getValue());
            weights.put(name, name.contains(".c_") && name.endsWith("weight") ? transpose(tensor) : tensor);
        });
        return weights;
    }

    private static HostTensor transpose(HostTensor matrix) {
        float[] turned = new float[matrix.data().length];
        for (int i = 0; i < turned.length; i++) {
            turned[i] = matrix.get(i % matrix.size(0), i / matrix.size(0));
        }
        return new HostTensor(turned, matrix.size(1), matrix.size(0));
    }

    private static HostTensor tensor(JsonNode node) {
        ByteBuffer bytes = ByteBuffer.wrap(
                        Base64.getDecoder().decode(node.path("data").asText()))
                .order(ByteOrder.LITTLE_ENDIAN);
        float[] data = new float[bytes.capacity() / 4];
        bytes.asFloatBuffer().get(data);
        int[] shape = new int[node.path("shape").size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = node.path("shape").get(i).asInt();
        }
        return new HostTensor(data, shape);
    }

    private static void same(NDArray actual, JsonNode partials, String name) {
        float[] expected = tensor(partials.path(name)).data();
        float[] values = actual.toFloatArray();
        assertThat(values.length).as(name).isEqualTo(expected.length).isGreaterThan(0);
        for (int i = 0; i < values.length; i++) {
            if (!(Math.abs(values[i] - expected[i]) <= 1e-4 + 1e-4 * Math.abs(expected[i]))) {
                assertThat(values[i]).as(name + " element " + i).isCloseTo(expected[i], within(1e-4f));
            }
        }
    }
}

package loupe.analysis.ghost;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import loupe.Golden;
import loupe.analysis.TestDevice;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;

/** A recorded run of the notebook on a small model, opened on a test device. */
public final class SeedGolden implements AutoCloseable {
    public final TestDevice device = new TestDevice();
    public final ModelId model;
    public final SaeId sae;
    public final JsonNode json;
    private final TensorArchive arrays;

    /** @param name {@code seed_gpt2} or {@code seed_gemma} */
    public SeedGolden(String name) throws IOException {
        Path folder = Golden.folder(name);
        json = new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
        model = device.model(name, folder.resolve(json.get("model").asText()));
        Map<String, HostTensor> weights =
                tensors(folder.resolve(json.get("sae").asText().split(" ")[0]));
        sae = device.sae("seed", weights.get("W_enc"), weights.get("W_dec"));
        arrays = TensorArchives.open(folder.resolve("golden.safetensors"));
    }

    private static Map<String, HostTensor> tensors(Path file) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (TensorArchive archive = TensorArchives.open(file)) {
            archive.names()
                    .forEach(name -> tensors.put(name, archive.tensor(name).toHost()));
        }
        return tensors;
    }

    public float[] array(String name) {
        return arrays.tensor(name).toHost().data();
    }

    public JsonNode setting(int index) {
        return json.get("settings").get(index);
    }

    public GhostSettings ghost(int index) {
        JsonNode setting = setting(index);
        GhostSettings settings = setting.get("weights").asText().equals("encoder")
                ? GhostSettings.encoder(sae, setting.get("feature").asInt())
                : GhostSettings.decoder(sae, setting.get("feature").asInt());
        double pca = setting.get("pca").asDouble();
        settings = settings.withScale(setting.get("scaling").asDouble())
                .withCentroid(setting.get("centroid").asBoolean());
        // The file says whether its sign, from scikit-learn 1.2, equals that of 1.5, our POSITIVE.
        PcaSign sign = json.get("pca_sign_u_based_equals_v_based").asBoolean() ? PcaSign.POSITIVE : PcaSign.NEGATIVE;
        return pca == 0 ? settings : settings.withPca(sign, pca);
    }

    public GhostPrompt prompt() {
        List<Integer> ids = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        for (JsonNode id : json.get("prompt_ids")) {
            if (id.asInt() == maskId()) {
                places.add(ids.size());
            }
            ids.add(id.asInt());
        }
        return new GhostPrompt(ids, places);
    }

    public int maskId() {
        return json.get("sub_token_id").asInt();
    }

    public TreeLimits limits(int index) {
        JsonNode setting = setting(index);
        return new TreeLimits(
                setting.get("cutoff").asDouble(),
                setting.get("topk").asInt(),
                setting.get("max_depth").asInt(),
                OptionalInt.empty(),
                OptionalInt.of(maskId()));
    }

    public DefinitionTree tree(int index) {
        return new DefinitionTree(model, ghost(index), prompt(), limits(index));
    }

    @Override
    public void close() {
        arrays.close();
        device.close();
    }
}

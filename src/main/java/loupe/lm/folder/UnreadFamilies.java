package loupe.lm.folder;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** What models of families that cannot be read are, for the sentence that refuses them. */
final class UnreadFamilies {
    /** What is built in this way, by the {@code model_type}s; the first that matches. */
    private static final Map<Pattern, String> KINDS = new LinkedHashMap<>();

    static {
        put("gemma4.*", "its layers have heads of two widths and share keys");
        put("gemma3n.*", "its layers share keys and add embeddings");
        put("qwen3_5.*|qwen3_next", "a hybrid of attention and gated delta rule layers");
        put(
                "mixtral|.*moe|.*moe_text|gpt_oss|llama4.*|deepseek_v\\d+|dbrx|jetmoe|glm4_moe.*|minimax.*|mistral4",
                "a mixture of experts");
        put(
                "jamba|bamba|zamba\\d?|recurrent_gemma|falcon_h1|nemotron_h|granitemoehybrid|olmo_?hybrid|lfm2.*",
                "a hybrid of attention and recurrent layers");
        put("mamba\\d?|falcon_mamba|rwkv.*|xlstm", "a recurrent model without attention");
        put(".*bert.*|deberta.*|electra|mpnet|xlnet|nomic.*|camembert", "an encoder, which predicts no next token");
        put("m?t5.*|umt5|longt5|.*bart|pegasus.*|marian|whisper|led|blenderbot.*", "an encoder and a decoder");
        put("clip.*|siglip.*|vit.*|dinov.*|wav2vec2.*", "no model of language alone");
    }

    private UnreadFamilies() {}

    private static void put(String types, String kind) {
        KINDS.put(Pattern.compile(types), kind);
    }

    /** A {@code model_type} and what is known of it. */
    static String describe(String modelType) {
        return KINDS.entrySet().stream()
                .filter(kind -> kind.getKey().matcher(modelType).matches())
                .findFirst()
                .map(kind -> "model_type is " + modelType + ": " + kind.getValue())
                .orElse("model_type is " + modelType);
    }
}

package loupe.base;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.base.HookPoint.Site;

/**
 * The names by which libraries call hook points: TransformerLens 2 and 3, and the modules of Hugging Face's models.
 * Only names that mean one place in every family and release are known: {@code hook_mlp_in}, say, is before the norm in
 * some releases of TransformerLens and after it in others, and {@code post_attention_layernorm} is the norm before the
 * MLP in Llama and the one behind attention in Gemma.
 */
final class HookNames {
    private static final Pattern IN_BLOCK = Pattern.compile("blocks\\.(\\d{1,6})\\.(.+)");
    private static final String INSIDE =
            "(?:(?:_orig_mod|module|base_model|model|language_model|transformer|gpt_neox)\\.)*";
    private static final Pattern BLOCK_MODULE =
            Pattern.compile(INSIDE + "(?:layers|h)\\.(\\d{1,6})(?:\\.(.+?))??(?:\\.(input|output))?");
    private static final Pattern EMBEDDING_MODULE =
            Pattern.compile(INSIDE + "(embed_tokens|wte|embed_in|wpe)(?:\\.output)?");

    /** Canonical names of TransformerLens 3 for places that have another name in 2.8; in blocks, without the block. */
    private static final Map<String, Site> LENS_3 = Map.ofEntries(
            Map.entry("embed.hook_out", Site.EMBED),
            Map.entry("pos_embed.hook_out", Site.POS_EMBED),
            Map.entry("hook_in", Site.RESID_PRE),
            Map.entry("ln1.hook_in", Site.RESID_PRE),
            Map.entry("ln1.hook_out", Site.ATTN_MODULE_IN),
            Map.entry("attn.q.hook_out", Site.Q),
            Map.entry("attn.k.hook_out", Site.K),
            Map.entry("attn.v.hook_out", Site.V),
            Map.entry("attn.o.hook_in", Site.Z),
            Map.entry("attn.o.hook_out", Site.ATTN_MODULE_OUT),
            Map.entry("ln1_post.hook_in", Site.ATTN_MODULE_OUT),
            Map.entry("ln1_post.hook_out", Site.ATTN_OUT),
            Map.entry("ln2.hook_in", Site.RESID_MID),
            Map.entry("ln2.hook_out", Site.MLP_MODULE_IN),
            Map.entry("mlp.gate.hook_out", Site.MLP_PRE),
            Map.entry("mlp.out.hook_in", Site.MLP_POST),
            Map.entry("mlp.out.hook_out", Site.MLP_MODULE_OUT),
            Map.entry("ln2_post.hook_in", Site.MLP_MODULE_OUT),
            Map.entry("ln2_post.hook_out", Site.MLP_OUT),
            Map.entry("hook_out", Site.RESID_POST));

    /** What a module of a block gives; the block itself has no name. */
    private static final Map<String, Site> OUTPUTS = Map.ofEntries(
            Map.entry("", Site.RESID_POST),
            Map.entry("input_layernorm", Site.ATTN_MODULE_IN),
            Map.entry("ln_1", Site.ATTN_MODULE_IN),
            Map.entry("self_attn", Site.ATTN_MODULE_OUT),
            Map.entry("attention", Site.ATTN_MODULE_OUT),
            Map.entry("attn", Site.ATTN_MODULE_OUT),
            Map.entry("self_attn.o_proj", Site.ATTN_MODULE_OUT),
            Map.entry("attention.dense", Site.ATTN_MODULE_OUT),
            Map.entry("attn.c_proj", Site.ATTN_MODULE_OUT),
            Map.entry("attn.out_proj", Site.ATTN_MODULE_OUT),
            Map.entry("attn.attention", Site.ATTN_MODULE_OUT),
            Map.entry("attn.attention.out_proj", Site.ATTN_MODULE_OUT),
            Map.entry("pre_feedforward_layernorm", Site.MLP_MODULE_IN),
            Map.entry("mlp", Site.MLP_MODULE_OUT),
            Map.entry("mlp.down_proj", Site.MLP_MODULE_OUT),
            Map.entry("mlp.c_proj", Site.MLP_MODULE_OUT),
            Map.entry("mlp.dense_4h_to_h", Site.MLP_MODULE_OUT),
            Map.entry("mlp.fc_out", Site.MLP_MODULE_OUT),
            Map.entry("post_feedforward_layernorm", Site.MLP_OUT));

    /** What a module of a block takes. */
    private static final Map<String, Site> INPUTS = Map.ofEntries(
            Map.entry("", Site.RESID_PRE),
            Map.entry("input_layernorm", Site.RESID_PRE),
            Map.entry("ln_1", Site.RESID_PRE),
            Map.entry("self_attn", Site.ATTN_MODULE_IN),
            Map.entry("attention", Site.ATTN_MODULE_IN),
            Map.entry("attn", Site.ATTN_MODULE_IN),
            Map.entry("self_attn.o_proj", Site.Z),
            Map.entry("attention.dense", Site.Z),
            Map.entry("attn.c_proj", Site.Z),
            Map.entry("attn.out_proj", Site.Z),
            Map.entry("attn.attention", Site.ATTN_MODULE_IN),
            Map.entry("attn.attention.out_proj", Site.Z),
            Map.entry("pre_feedforward_layernorm", Site.RESID_MID),
            Map.entry("mlp", Site.MLP_MODULE_IN),
            Map.entry("mlp.down_proj", Site.MLP_POST),
            Map.entry("mlp.c_proj", Site.MLP_POST),
            Map.entry("mlp.dense_4h_to_h", Site.MLP_POST),
            Map.entry("mlp.fc_out", Site.MLP_POST),
            Map.entry("post_feedforward_layernorm", Site.MLP_MODULE_OUT));

    private static final int SHOWN = 3;

    private HookNames() {}

    static Optional<HookPoint> parse(String name) {
        Matcher block = IN_BLOCK.matcher(name);
        boolean inBlock = block.matches();
        String suffix = inBlock ? block.group(2) : name;
        return Stream.concat(
                        Arrays.stream(Site.values())
                                .filter(site -> site.suffix().equals(suffix)),
                        Stream.ofNullable(LENS_3.get(suffix)))
                .filter(site -> site.inBlock() == inBlock)
                .findFirst()
                .map(site -> new HookPoint(site, inBlock ? Integer.parseInt(block.group(1)) : HookPoint.NO_LAYER))
                .or(() -> module(name));
    }

    private static Optional<HookPoint> module(String name) {
        Matcher embedding = EMBEDDING_MODULE.matcher(name);
        if (embedding.matches()) {
            return Optional.of(HookPoint.of(embedding.group(1).equals("wpe") ? Site.POS_EMBED : Site.EMBED));
        }
        Matcher block = BLOCK_MODULE.matcher(name);
        if (!block.matches()) {
            return Optional.empty();
        }
        String module = block.group(2) == null ? "" : block.group(2);
        Map<String, Site> sites = "input".equals(block.group(3)) ? INPUTS : OUTPUTS;
        return Optional.ofNullable(sites.get(module))
                .map(site -> new HookPoint(site, Integer.parseInt(block.group(1))));
    }

    static List<String> nearest(String name) {
        Matcher block = IN_BLOCK.matcher(name);
        boolean inBlock = block.matches();
        String wanted = words(inBlock ? block.group(2) : name);
        return Arrays.stream(Site.values())
                .filter(site -> site.inBlock() == inBlock || !name.startsWith("blocks."))
                .sorted(Comparator.comparingInt((Site site) -> distance(wanted, words(site.suffix())))
                        .thenComparing(Site::suffix))
                .limit(SHOWN)
                .map(site -> site.inBlock()
                        ? "blocks." + (inBlock ? block.group(1) : "L") + "." + site.suffix()
                        : site.suffix())
                .toList();
    }

    /** The words of a name in the order of the alphabet, so that {@code hook_mlp_in} is as {@code mlp.hook_in}. */
    private static String words(String name) {
        return Arrays.stream(name.split("[._]")).sorted().collect(Collectors.joining(" "));
    }

    /** The number of characters to insert, remove or replace to make one text the other. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        Arrays.setAll(row, j -> j);
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}

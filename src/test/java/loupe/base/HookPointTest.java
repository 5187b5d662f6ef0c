package loupe.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import loupe.base.HookPoint.Site;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HookPointTest {
    @ParameterizedTest
    @EnumSource(Site.class)
    void everyNameIsReadBack(Site site) {
        HookPoint point = new HookPoint(site, site.inBlock() ? 7 : HookPoint.NO_LAYER);

        assertThat(HookPoint.parse(point.name())).contains(point);
    }

    @ParameterizedTest
    @CsvSource({
        "blocks.3.hook_in, blocks.3.hook_resid_pre",
        "blocks.3.hook_out, blocks.3.hook_resid_post",
        "blocks.3.ln1.hook_in, blocks.3.hook_resid_pre",
        "blocks.3.ln1.hook_out, blocks.3.attn.hook_in",
        "blocks.3.ln2.hook_in, blocks.3.hook_resid_mid",
        "blocks.3.ln2.hook_out, blocks.3.mlp.hook_in",
        "blocks.3.ln1_post.hook_out, blocks.3.hook_attn_out",
        "blocks.3.ln2_post.hook_out, blocks.3.hook_mlp_out",
        "blocks.3.attn.q.hook_out, blocks.3.attn.hook_q",
        "blocks.3.attn.o.hook_in, blocks.3.attn.hook_z",
        "blocks.3.mlp.out.hook_in, blocks.3.mlp.hook_post",
        "embed.hook_out, hook_embed",
        "pos_embed.hook_out, hook_pos_embed",
    })
    void namesOfTransformerLens3AreRead(String name, String canonical) {
        assertThat(HookPoint.parse(name)).map(HookPoint::name).contains(canonical);
    }

    @ParameterizedTest
    @CsvSource({
        "model.layers.12, blocks.12.hook_resid_post",
        "model.language_model.layers.30, blocks.30.hook_resid_post",
        "language_model.model.layers.3, blocks.3.hook_resid_post",
        "transformer.h.3, blocks.3.hook_resid_post",
        "h.3, blocks.3.hook_resid_post",
        "gpt_neox.layers.3, blocks.3.hook_resid_post",
        "layers.3, blocks.3.hook_resid_post",
        "_orig_mod.model.layers.3, blocks.3.hook_resid_post",
        "model.layers.3.output, blocks.3.hook_resid_post",
        "model.layers.3.input, blocks.3.hook_resid_pre",
        "model.layers.5.mlp, blocks.5.mlp.hook_out",
        "model.layers.5.mlp.input, blocks.5.mlp.hook_in",
        "model.layers.5.self_attn, blocks.5.attn.hook_out",
        "gpt_neox.layers.5.attention, blocks.5.attn.hook_out",
        "transformer.h.5.attn, blocks.5.attn.hook_out",
        "model.layers.5.self_attn.o_proj.input, blocks.5.attn.hook_z",
        "model.layers.5.mlp.down_proj.input, blocks.5.mlp.hook_post",
        "model.layers.5.pre_feedforward_layernorm.output, blocks.5.mlp.hook_in",
        "model.layers.5.post_feedforward_layernorm.output, blocks.5.hook_mlp_out",
        "model.embed_tokens, hook_embed",
        "transformer.wte, hook_embed",
        "gpt_neox.embed_in, hook_embed",
        "transformer.wpe, hook_pos_embed",
    })
    void aModuleOfHuggingFaceMeansItsOutput(String name, String canonical) {
        assertThat(HookPoint.parse(name)).map(HookPoint::name).contains(canonical);
    }

    /** Before the norm or after it, before attention's residual or behind the MLP's: releases and families differ. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "blocks.3.hook_mlp_in",
                "model.layers.3.post_attention_layernorm",
                "vision_tower.encoder.layers.3",
                "model.layers.x",
                "blocks.3",
                "hook_in",
                "",
            })
    void aNameOfNoOnePlaceIsNoHookPoint(String name) {
        assertThat(HookPoint.parse(name)).isEmpty();
    }

    @Test
    void placesAreOrderedAsAForwardPassComesToThem() {
        List<HookPoint> order = List.of(
                HookPoint.of(Site.EMBED),
                HookPoint.residPre(0),
                HookPoint.residPost(0),
                HookPoint.residPre(1),
                new HookPoint(Site.MLP_MODULE_IN, 1),
                new HookPoint(Site.MLP_OUT, 1),
                HookPoint.of(Site.LN_FINAL_NORMALIZED));
        List<HookPoint> shuffled = new ArrayList<>(order);
        Collections.reverse(shuffled);
        Collections.sort(shuffled);

        assertThat(shuffled).isEqualTo(order);
    }

    @Test
    void theNearestNamesHaveTheSameWords() {
        assertThat(HookPoint.nearest("blocks.3.hook_mlp_in")).first().isEqualTo("blocks.3.mlp.hook_in");
        assertThat(HookPoint.nearest("blocks.6.hook_residual_pre")).first().isEqualTo("blocks.6.hook_resid_pre");
        assertThat(HookPoint.nearest("hook_resid_post")).first().isEqualTo("blocks.L.hook_resid_post");
        assertThat(HookPoint.nearest("hook_embedding")).first().isEqualTo("hook_embed");
    }
}

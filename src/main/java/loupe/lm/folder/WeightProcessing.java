package loupe.lm.folder;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import loupe.lm.HostWeight;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.NormKind;

/**
 * The weight processing of TransformerLens 2.8 {@code HookedTransformer.from_pretrained} with its defaults: fold layer
 * norms, centre writing weights, centre the unembedding, fold value biases, in this order. The unembedding of a model
 * that limits its logits is left alone: there centring, which 2.8 does, changes the probabilities. Predictions stay
 * what they were; the residual stream of a LayerNorm model becomes its old self minus its mean. Sums are made in double
 * precision.
 */
final class WeightProcessing {
    private final ModelConfig config;
    private final Map<String, HostWeight> weights;

    private WeightProcessing(ModelConfig config, Map<String, HostWeight> weights) {
        this.config = config;
        this.weights = weights;
    }

    /** Rewrites the weights in place; an unembedding tied to the embedding becomes one of its own. */
    static void apply(ModelConfig config, Map<String, HostWeight> weights) {
        new WeightProcessing(config, weights).run();
    }

    private void run() {
        if (!weights.containsKey("lm_head.weight")) {
            weights.put("lm_head.weight", weight("transformer.wte.weight").copy());
        }
        boolean layerNorm = config.wiring().norm() == NormKind.LAYER_NORM;
        for (int layer = 0; config.wiring().inputNorms() && layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            foldInto(at + "attn.c_attn", at + "ln_1");
            foldInto(at + "mlp.c_fc", at + "ln_2");
            if (config.wiring().gatedMlp()) {
                foldInto(at + "mlp.c_gate", at + "ln_2");
            }
            reset(at + "ln_1");
            reset(at + "ln_2");
        }
        foldIntoUnembedding();
        reset("transformer.ln_f");
        if (layerNorm) {
            centreRows("transformer.wte.weight");
            centreRows("transformer.wpe.weight");
            for (int layer = 0; layer < config.nLayers(); layer++) {
                for (String part :
                        new String[] {"attn.c_proj.weight", "attn.c_proj.bias", "mlp.c_proj.weight", "mlp.c_proj.bias"
                        }) {
                    centreRows("transformer.h." + layer + "." + part);
                }
            }
        }
        if (config.scaling().logitCap().isEmpty()) {
            centreUnembedding();
        }
        for (int layer = 0; layer < config.nLayers(); layer++) {
            foldValueBiases("transformer.h." + layer + ".attn.");
        }
    }

    private HostWeight weight(String name) {
        return Objects.requireNonNull(weights.get(name), name);
    }

    /**
     * W (in, out) behind a norm: b += normBias W, then W's rows times the gain, then, for LayerNorm, each column minus
     * its mean.
     */
    private void foldInto(String matrix, String norm) {
        HostWeight weight = weight(matrix + ".weight");
        HostWeight normBias = weights.get(norm + ".bias");
        double[] gain = weight(norm + ".weight").toDoubles();
        double[] shift = normBias == null ? null : normBias.toDoubles();
        HostWeight biasWeight = shift == null
                ? null
                : weights.computeIfAbsent(matrix + ".bias", name -> HostWeight.zeros(weight.width()));
        double[] bias = biasWeight == null ? null : biasWeight.toDoubles();
        double[] mean = new double[weight.width()];
        float[] row = new float[weight.width()];
        for (int i = 0; i < weight.rows(); i++) {
            weight.getRow(i, row);
            for (int j = 0; j < row.length; j++) {
                if (shift != null && bias != null) {
                    bias[j] += shift[i] * row[j];
                }
                mean[j] += gain[i] * row[j] / weight.rows();
            }
        }
        boolean centred = config.wiring().norm() == NormKind.LAYER_NORM;
        for (int i = 0; i < weight.rows(); i++) {
            weight.getRow(i, row);
            for (int j = 0; j < row.length; j++) {
                row[j] = (float) (gain[i] * row[j] - (centred ? mean[j] : 0));
            }
            weight.putRow(i, row);
        }
        if (biasWeight != null && bias != null) {
            biasWeight.putDoubles(bias);
        }
    }

    /** Folds the final norm into the unembedding (V, dModel), whose rows are the other matrices' columns. */
    private void foldIntoUnembedding() {
        HostWeight weight = weight("lm_head.weight");
        double[] gain = weight("transformer.ln_f.weight").toDoubles();
        HostWeight shiftWeight = weights.get("transformer.ln_f.bias");
        double[] shift = shiftWeight == null ? null : shiftWeight.toDoubles();
        HostWeight biasWeight =
                shift == null ? null : weights.computeIfAbsent("lm_head.bias", name -> HostWeight.zeros(weight.rows()));
        double[] bias = biasWeight == null ? null : biasWeight.toDoubles();
        boolean centred = config.wiring().norm() == NormKind.LAYER_NORM;
        float[] row = new float[weight.width()];
        for (int v = 0; v < weight.rows(); v++) {
            weight.getRow(v, row);
            double mean = 0;
            for (int i = 0; i < row.length; i++) {
                if (shift != null && bias != null) {
                    bias[v] += shift[i] * row[i];
                }
                mean += gain[i] * row[i] / row.length;
            }
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) (gain[i] * row[i] - (centred ? mean : 0));
            }
            weight.putRow(v, row);
        }
        if (biasWeight != null && bias != null) {
            biasWeight.putDoubles(bias);
        }
    }

    private void reset(String norm) {
        HostWeight gain = weight(norm + ".weight");
        double[] ones = new double[gain.width()];
        Arrays.fill(ones, 1);
        gain.putDoubles(ones);
        if (weights.containsKey(norm + ".bias")) {
            weight(norm + ".bias").putDoubles(new double[gain.width()]);
        }
    }

    /** Each vector along the last axis minus its mean; nothing if there is no such parameter. */
    private void centreRows(String name) {
        HostWeight weight = weights.get(name);
        if (weight == null) {
            return;
        }
        float[] row = new float[weight.width()];
        for (int i = 0; i < weight.rows(); i++) {
            weight.getRow(i, row);
            double mean = 0;
            for (float value : row) {
                mean += value;
            }
            mean /= row.length;
            for (int j = 0; j < row.length; j++) {
                row[j] = (float) (row[j] - mean);
            }
            weight.putRow(i, row);
        }
    }

    /** The unembedding and its bias minus their means over the vocabulary. */
    private void centreUnembedding() {
        HostWeight weight = weight("lm_head.weight");
        double[] mean = new double[weight.width()];
        float[] row = new float[weight.width()];
        for (int v = 0; v < weight.rows(); v++) {
            weight.getRow(v, row);
            for (int i = 0; i < row.length; i++) {
                mean[i] += row[i];
            }
        }
        for (int v = 0; v < weight.rows(); v++) {
            weight.getRow(v, row);
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) (row[i] - mean[i] / weight.rows());
            }
            weight.putRow(v, row);
        }
        centreRows("lm_head.bias");
    }

    /** b_O += sum over heads of b_V W_O, since the attention of a head sums to one; then b_V = 0. */
    private void foldValueBiases(String attention) {
        HostWeight qkvBias = weights.get(attention + "c_attn.bias");
        if (qkvBias == null) {
            return;
        }
        HostWeight out = weight(attention + "c_proj.weight");
        HostWeight outBias = weights.computeIfAbsent(attention + "c_proj.bias", name -> HostWeight.zeros(out.width()));
        double[] qkv = qkvBias.toDoubles();
        double[] bias = outBias.toDoubles();
        int dHead = config.dHead();
        int firstValue = (config.nHeads() + config.nKeyValueHeads()) * dHead;
        int group = config.nHeads() / config.nKeyValueHeads();
        float[] row = new float[out.width()];
        for (int i = 0; i < out.rows(); i++) {
            double value = qkv[firstValue + i / dHead / group * dHead + i % dHead];
            out.getRow(i, row);
            for (int j = 0; j < row.length; j++) {
                bias[j] += value * row[j];
            }
        }
        Arrays.fill(qkv, firstValue, qkv.length, 0);
        qkvBias.putDoubles(qkv);
        outBias.putDoubles(bias);
    }
}

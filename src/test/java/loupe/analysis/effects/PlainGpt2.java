package loupe.analysis.effects;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;

/** A GPT-2 of plain loops in double precision: what the fast one must give. T tokens, D numbers of each. */
final class PlainGpt2 {
    private final ModelConfig config;
    private final Map<String, HostTensor> weights;

    /** @param weights by Hugging Face's names */
    PlainGpt2(ModelConfig config, Map<String, HostTensor> weights) {
        this.config = config;
        this.weights = weights;
    }

    /** The residual stream entering each layer, (L, T, D). */
    double[][][] residuals(List<Integer> ids) {
        double[][][] residuals = new double[config.nLayers()][][];
        double[][] x = new double[ids.size()][config.dModel()];
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < config.dModel(); i++) {
                x[t][i] = weight("wte.weight").get(ids.get(t), i)
                        + (double) weight("wpe.weight").get(t, i);
            }
        }
        for (int layer = 0; layer < config.nLayers(); layer++) {
            residuals[layer] = x;
            x = block(x, layer);
        }
        return residuals;
    }

    /** The logits of each token, (T, V), of a run that enters a layer with these values. */
    double[][] logits(double[][] residual, int from) {
        double[][] x = residual;
        for (int layer = from; layer < config.nLayers(); layer++) {
            x = block(x, layer);
        }
        double[][] logits = new double[x.length][config.vocabularySize()];
        for (int t = 0; t < x.length; t++) {
            double[] end = norm(x[t], "ln_f");
            for (int v = 0; v < logits[t].length; v++) {
                for (int i = 0; i < end.length; i++) {
                    logits[t][v] += end[i] * weight("wte.weight").get(v, i);
                }
            }
        }
        return logits;
    }

    private double[][] block(double[][] x, int layer) {
        String at = "h." + layer + ".";
        int tokens = x.length;
        double[][] queriesKeysValues = new double[tokens][];
        for (int t = 0; t < tokens; t++) {
            queriesKeysValues[t] = linear(norm(x[t], at + "ln_1"), at + "attn.c_attn");
        }
        double[][] after = new double[tokens][];
        for (int t = 0; t < tokens; t++) {
            after[t] = sum(x[t], linear(mixed(queriesKeysValues, t), at + "attn.c_proj"));
            double[] hidden = linear(norm(after[t], at + "ln_2"), at + "mlp.c_fc");
            for (int i = 0; i < hidden.length; i++) {
                double h = hidden[i];
                hidden[i] = 0.5 * h * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (h + 0.044715 * h * h * h)));
            }
            after[t] = sum(after[t], linear(hidden, at + "mlp.c_proj"));
        }
        return after;
    }

    /** What the heads take from the tokens up to one, side by side. */
    private double[] mixed(double[][] queriesKeysValues, int token) {
        int d = config.dModel();
        int width = config.dHead();
        double[] mixed = new double[d];
        for (int head = 0; head < config.nHeads(); head++) {
            double[] share = new double[token + 1];
            double all = 0;
            for (int s = 0; s <= token; s++) {
                double score = 0;
                for (int i = head * width; i < (head + 1) * width; i++) {
                    score += queriesKeysValues[token][i] * queriesKeysValues[s][d + i];
                }
                share[s] = Math.exp(score / Math.sqrt(width));
                all += share[s];
            }
            for (int s = 0; s <= token; s++) {
                for (int i = head * width; i < (head + 1) * width; i++) {
                    mixed[i] += share[s] / all * queriesKeysValues[s][2 * d + i];
                }
            }
        }
        return mixed;
    }

    private double[] norm(double[] x, String name) {
        double mean = 0;
        for (double value : x) {
            mean += value / x.length;
        }
        double variance = 0;
        for (double value : x) {
            variance += (value - mean) * (value - mean) / x.length;
        }
        double[] normed = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            normed[i] = (x[i] - mean)
                            / Math.sqrt(variance + config.normEpsilon())
                            * weight(name + ".weight").data()[i]
                    + weight(name + ".bias").data()[i];
        }
        return normed;
    }

    private double[] linear(double[] x, String name) {
        HostTensor matrix = weight(name + ".weight");
        float[] bias = weight(name + ".bias").data();
        double[] y = new double[bias.length];
        for (int j = 0; j < y.length; j++) {
            y[j] = bias[j];
            for (int i = 0; i < x.length; i++) {
                y[j] += x[i] * matrix.get(i, j);
            }
        }
        return y;
    }

    private static double[] sum(double[] one, double[] other) {
        double[] sum = new double[one.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = one[i] + other[i];
        }
        return sum;
    }

    private HostTensor weight(String name) {
        return Objects.requireNonNull(weights.get("transformer." + name), name);
    }
}

package loupe.lm;

import java.util.Map;
import loupe.tensor.HostTensor;

/** GPT-2 once more, in doubles and loops and nothing shared with the real one, for tests to compare with. */
final class PlainGpt2 {
    private final ModelConfig config;
    private final Map<String, HostTensor> weights;

    PlainGpt2(ModelConfig config, Map<String, HostTensor> weights) {
        this.config = config;
        this.weights = weights;
    }

    /** (T, V). */
    double[][] logits(int[] ids) {
        double[][] x = new double[ids.length][config.dModel()];
        for (int t = 0; t < ids.length; t++) {
            for (int i = 0; i < config.dModel(); i++) {
                x[t][i] = at("wte.weight", ids[t], i) + at("wpe.weight", t, i);
            }
        }
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String h = "h." + layer + ".";
            add(x, affine(attend(affine(norm(x, h + "ln_1"), h + "attn.c_attn"), config.scoreScale().get(layer)), h + "attn.c_proj"));
            double[][] wide = affine(norm(x, h + "ln_2"), h + "mlp.c_fc");
            for (double[] row : wide) {
                for (int i = 0; i < row.length; i++) {
                    double a = row[i];
                    row[i] = 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a * a * a)));
                }
            }
            add(x, affine(wide, h + "mlp.c_proj"));
        }
        double[][] normal = norm(x, "ln_f");
        double[][] logits = new double[ids.length][config.vocabularySize()];
        for (int t = 0; t < ids.length; t++) {
            for (int v = 0; v < logits[t].length; v++) {
                for (int i = 0; i < config.dModel(); i++) {
                    logits[t][v] += normal[t][i] * at("wte.weight", v, i);
                }
            }
        }
        return logits;
    }

    private double[][] attend(double[][] qkv, double scale) {
        int d = config.dModel();
        int dHead = config.dHead();
        double[][] z = new double[qkv.length][d];
        for (int head = 0; head < config.nHeads(); head++) {
            for (int t = 0; t < qkv.length; t++) {
                double[] looks = new double[t + 1];
                double sum = 0;
                for (int s = 0; s <= t; s++) {
                    for (int i = head * dHead; i < (head + 1) * dHead; i++) {
                        looks[s] += qkv[t][i] * qkv[s][d + i] * scale;
                    }
                    looks[s] = Math.exp(looks[s]);
                    sum += looks[s];
                }
                for (int s = 0; s <= t; s++) {
                    for (int i = head * dHead; i < (head + 1) * dHead; i++) {
                        z[t][i] += looks[s] / sum * qkv[s][2 * d + i];
                    }
                }
            }
        }
        return z;
    }

    private double[][] affine(double[][] x, String name) {
        int width = weights.get("transformer." + name + ".weight").size(-1);
        double[][] y = new double[x.length][width];
        for (int t = 0; t < x.length; t++) {
            for (int o = 0; o < width; o++) {
                y[t][o] = at(name + ".bias", 0, o);
                for (int i = 0; i < x[t].length; i++) {
                    y[t][o] += x[t][i] * at(name + ".weight", i, o);
                }
            }
        }
        return y;
    }

    private double[][] norm(double[][] x, String name) {
        double[][] y = new double[x.length][x[0].length];
        for (int t = 0; t < x.length; t++) {
            double mean = 0;
            double variance = 0;
            for (double value : x[t]) {
                mean += value / x[t].length;
            }
            for (double value : x[t]) {
                variance += (value - mean) * (value - mean) / x[t].length;
            }
            for (int i = 0; i < y[t].length; i++) {
                y[t][i] = (x[t][i] - mean) / Math.sqrt(variance + config.normEpsilon()) * at(name + ".weight", 0, i) + at(name + ".bias", 0, i);
            }
        }
        return y;
    }

    private static void add(double[][] x, double[][] more) {
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                x[t][i] += more[t][i];
            }
        }
    }

    private double at(String name, int row, int column) {
        return weights.get("transformer." + name).get(row, column);
    }
}

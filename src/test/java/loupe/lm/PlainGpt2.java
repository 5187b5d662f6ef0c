package loupe.lm;

import java.util.Map;
import loupe.tensor.HostTensor;

/**
 * GPT-2, and what other wirings change of it, once more, in doubles and loops and nothing shared with the real one, for
 * tests to compare with.
 */
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
            double[][] before = copy(x);
            add(
                    x,
                    affine(
                            attend(
                                    affine(norm(x, h + "ln_1"), h + "attn.c_attn"),
                                    config.attention().get(layer).scale()),
                            h + "attn.c_proj"));
            double[][] in = norm(config.wiring().parallel() ? before : x, h + "ln_2");
            double[][] wide = affine(in, h + "mlp.c_fc");
            double[][] gate = config.wiring().gatedMlp() ? affine(in, h + "mlp.c_gate") : null;
            for (int t = 0; t < wide.length; t++) {
                for (int i = 0; i < wide[t].length; i++) {
                    wide[t][i] = gate == null ? activate(wide[t][i]) : activate(gate[t][i]) * wide[t][i];
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

    private double activate(double a) {
        return switch (config.activation()) {
            case GELU -> 0.5 * a * (1 + erf(a / Math.sqrt(2)));
            case GELU_NEW -> 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a * a * a)));
            case SILU -> a / (1 + Math.exp(-a));
            case RELU -> Math.max(a, 0);
        };
    }

    /** By its power series, whose terms stay harmless up to 4; beyond that erf is 1 to 2e-8. */
    private static double erf(double x) {
        if (Math.abs(x) > 4) {
            return Math.signum(x);
        }
        double sum = 0;
        double term = x;
        for (int n = 0; n < 100; n++) {
            sum += term / (2 * n + 1);
            term *= -x * x / (n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    private static double[][] copy(double[][] x) {
        double[][] copy = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            copy[t] = x[t].clone();
        }
        return copy;
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
                y[t][o] = weights.containsKey("transformer." + name + ".bias") ? at(name + ".bias", 0, o) : 0;
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
            boolean layerNorm = config.wiring().norm() == ModelConfig.NormKind.LAYER_NORM;
            for (double value : x[t]) {
                mean += layerNorm ? value / x[t].length : 0;
            }
            for (double value : x[t]) {
                variance += (value - mean) * (value - mean) / x[t].length;
            }
            for (int i = 0; i < y[t].length; i++) {
                y[t][i] = (x[t][i] - mean) / Math.sqrt(variance + config.normEpsilon()) * at(name + ".weight", 0, i)
                        + (layerNorm ? at(name + ".bias", 0, i) : 0);
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

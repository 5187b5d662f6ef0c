package loupe.lm;

import java.util.Map;
import loupe.tensor.HostTensor;

/**
 * The parts of transformers in doubles and loops, by the names and layouts of Hugging Face's files; nothing is shared
 * with the real ones.
 */
public final class PlainMaths {
    private final Map<String, HostTensor> weights;

    public PlainMaths(Map<String, HostTensor> weights) {
        this.weights = weights;
    }

    public double at(String vector, int i) {
        return weights.get(vector).data()[i];
    }

    public double[][] rows(String name, int[] ids, double factor) {
        HostTensor table = weights.get(name);
        double[][] x = new double[ids.length][table.size(1)];
        for (int t = 0; t < ids.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                x[t][i] = factor * table.get(ids[t], i);
            }
        }
        return x;
    }

    /** y = x W^T + b with W (out, in); the bias only if there is one. */
    public double[][] linear(double[][] x, String name) {
        HostTensor weight = weights.get(name + ".weight");
        HostTensor bias = weights.get(name + ".bias");
        double[][] y = new double[x.length][weight.size(0)];
        for (int t = 0; t < x.length; t++) {
            for (int o = 0; o < y[t].length; o++) {
                y[t][o] = bias == null ? 0 : bias.data()[o];
                for (int i = 0; i < x[t].length; i++) {
                    y[t][o] += x[t][i] * weight.get(o, i);
                }
            }
        }
        return y;
    }

    public double[][] layerNorm(double[][] x, String name, double epsilon) {
        double[][] y = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            double mean = 0;
            for (double value : x[t]) {
                mean += value / x[t].length;
            }
            double variance = 0;
            for (double value : x[t]) {
                variance += (value - mean) * (value - mean) / x[t].length;
            }
            y[t] = new double[x[t].length];
            for (int i = 0; i < y[t].length; i++) {
                y[t][i] = (x[t][i] - mean)
                                / Math.sqrt(variance + epsilon)
                                * weights.get(name + ".weight").data()[i]
                        + weights.get(name + ".bias").data()[i];
            }
        }
        return y;
    }

    /** RMS norm of every stretch of {@code width} numbers; the gain is the stored one plus {@code plus}. */
    public double[][] rmsNorm(double[][] x, String name, int width, double plus, double epsilon) {
        double[][] y = new double[x.length][x[0].length];
        for (int t = 0; t < x.length; t++) {
            for (int first = 0; first < x[t].length; first += width) {
                double square = 0;
                for (int i = 0; i < width; i++) {
                    square += x[t][first + i] * x[t][first + i] / width;
                }
                for (int i = 0; i < width; i++) {
                    y[t][first + i] = x[t][first + i]
                            / Math.sqrt(square + epsilon)
                            * (plus + weights.get(name + ".weight").data()[i]);
                }
            }
        }
        return y;
    }

    /**
     * Turns the first {@code turning} of each head's dHead dimensions by the angle position / stretch base^(-2i /
     * turning).
     */
    public static double[][] turn(
            double[][] x, int dHead, int turning, double base, double stretch, boolean neighbours) {
        double[][] y = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            y[t] = x[t].clone();
            for (int head = 0; head < x[t].length; head += dHead) {
                for (int i = 0; i < turning / 2; i++) {
                    double angle = t / stretch * Math.pow(base, -2.0 * i / turning);
                    int a = head + (neighbours ? 2 * i : i);
                    int b = head + (neighbours ? 2 * i + 1 : i + turning / 2);
                    y[t][a] = x[t][a] * Math.cos(angle) - x[t][b] * Math.sin(angle);
                    y[t][b] = x[t][b] * Math.cos(angle) + x[t][a] * Math.sin(angle);
                }
            }
        }
        return y;
    }

    /** Each token sees itself and the window - 1 before it; consecutive query heads share a key head. */
    public static double[][] attend(double[][] q, double[][] k, double[][] v, int dHead, double scale, int window) {
        return attend(q, k, v, dHead, scale, window, Double.POSITIVE_INFINITY);
    }

    /** The same with scores limited softly to the cap, c tanh(s / c); an infinite one limits nothing. */
    public static double[][] attend(
            double[][] q, double[][] k, double[][] v, int dHead, double scale, int window, double cap) {
        double[][] z = new double[q.length][q[0].length];
        int group = q[0].length / k[0].length;
        for (int head = 0; head < q[0].length / dHead; head++) {
            int from = head / group * dHead;
            for (int t = 0; t < q.length; t++) {
                double[] looks = new double[t + 1];
                double sum = 0;
                for (int s = Math.max(0, t - window + 1); s <= t; s++) {
                    double score = 0;
                    for (int i = 0; i < dHead; i++) {
                        score += q[t][head * dHead + i] * k[s][from + i];
                    }
                    looks[s] = Math.exp(Double.isInfinite(cap) ? score * scale : cap * Math.tanh(score * scale / cap));
                    sum += looks[s];
                }
                for (int s = 0; s <= t; s++) {
                    for (int i = 0; i < dHead; i++) {
                        z[t][head * dHead + i] += looks[s] / sum * v[s][from + i];
                    }
                }
            }
        }
        return z;
    }

    public static double[][] plus(double[][] a, double[][] b) {
        double[][] sum = new double[a.length][a[0].length];
        for (int t = 0; t < a.length; t++) {
            for (int i = 0; i < a[t].length; i++) {
                sum[t][i] = a[t][i] + b[t][i];
            }
        }
        return sum;
    }

    public static double[][] times(double[][] a, double[][] b) {
        double[][] product = new double[a.length][a[0].length];
        for (int t = 0; t < a.length; t++) {
            for (int i = 0; i < a[t].length; i++) {
                product[t][i] = a[t][i] * b[t][i];
            }
        }
        return product;
    }

    /** Some columns, a head's worth at a time: of every {@code stride} those from {@code first} on. */
    public static double[][] columns(double[][] x, int first, int width, int stride) {
        double[][] picked = new double[x.length][x[0].length / stride * width];
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < picked[t].length; i++) {
                picked[t][i] = x[t][i / width * stride + first + i % width];
            }
        }
        return picked;
    }

    public static double[][] limit(double[][] x, double cap) {
        double[][] y = new double[x.length][x[0].length];
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                y[t][i] = cap * Math.tanh(x[t][i] / cap);
            }
        }
        return y;
    }

    public static double[][] silu(double[][] x) {
        double[][] y = new double[x.length][x[0].length];
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                y[t][i] = x[t][i] / (1 + Math.exp(-x[t][i]));
            }
        }
        return y;
    }

    public static double[][] tanhGelu(double[][] x) {
        double[][] y = new double[x.length][x[0].length];
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                double a = x[t][i];
                y[t][i] = 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a * a * a)));
            }
        }
        return y;
    }
}

package loupe.ui;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import loupe.state.window.Side;
import loupe.ui.chart.HistogramSeries;
import loupe.ui.chart.LineChart;
import loupe.ui.token.TokenLine;
import loupe.ui.token.TokenWeight;

/** Numbers for pictures and tests, drawn with fixed seeds. */
public final class Samples {
    private Samples() {}

    public static HistogramSeries bars(Side side, long seed, double most) {
        int bins = 40;
        double[] edges = new double[bins + 1];
        double[] counts = new double[bins];
        for (int i = 0; i <= bins; i++) {
            edges[i] = most * i / bins;
        }
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            double value = random.nextInt(5) == 0
                    ? 4 + seed + random.nextGaussian() * 0.8
                    : -Math.log(1 - random.nextDouble()) * 0.9;
            if (value >= 0 && value < most) {
                counts[(int) (value / most * bins)]++;
            }
        }
        return new HistogramSeries(side, side == Side.A ? "sae-topk" : "sae-topk-early", edges, counts);
    }

    public static List<TokenWeight> promoted() {
        return weights(
                1,
                " robin",
                " sparrow",
                " wren",
                "bird",
                " songbird",
                " finch",
                " thrush",
                " warbler",
                "\n",
                " nightingale-singing",
                " lark",
                " \u9ce5",
                " oiseau",
                " swallow",
                " starling");
    }

    public static List<TokenWeight> suppressed() {
        return weights(
                -1,
                " the",
                " government",
                " law",
                ",",
                " tax",
                " office",
                "tion",
                " agreement",
                "  ",
                " policy",
                " court",
                " of",
                " committee",
                " percent",
                " treaty");
    }

    private static List<TokenWeight> weights(int sign, String... texts) {
        List<TokenWeight> list = new ArrayList<>();
        double weight = 0.62;
        for (int i = 0; i < texts.length; i++) {
            list.add(new TokenWeight(1000 + 37 * i, texts[i], sign * weight));
            weight *= 0.93;
        }
        return list;
    }

    public static double[][] points(int count) {
        Random random = new Random(3);
        double[][] points = new double[2][count];
        for (int i = 0; i < count; i++) {
            double skew = random.nextGaussian() * 0.6 + (random.nextInt(8) == 0 ? random.nextDouble() * 4 : 0);
            points[0][i] = skew;
            points[1][i] = (3 + skew * skew * 1.6) * Math.exp(random.nextGaussian() * 0.15);
        }
        return points;
    }

    public static List<LineChart.Line> lines() {
        List<LineChart.Line> lines = new ArrayList<>();
        for (Side side : Side.values()) {
            double[] x = new double[120];
            double[] y = new double[120];
            Random random = new Random(side.ordinal());
            for (int i = 0; i < x.length; i++) {
                x[i] = i * 0.5;
                y[i] = 2.9 + (side == Side.A ? 5 : 6) * Math.exp(-i / 18.0) + random.nextGaussian() * 0.05;
            }
            lines.add(new LineChart.Line(side, side == Side.A ? "weighted" : "unweighted", x, y));
        }
        return lines;
    }

    public static List<TokenLine> examples(int count) {
        String[] tokens = {
            "A",
            " typical",
            " definition",
            " of",
            " \"",
            "otter",
            "\"",
            " would",
            " be",
            " \"",
            "a",
            " small",
            " brown",
            " bird",
            " that",
            " sings",
            " in",
            " the",
            " early",
            " morning",
            ",",
            " found",
            " in",
            " \u68ee\u6797",
            " and",
            " caf\u00e9",
            "s",
            "\"",
            ".",
            "\n",
            "It",
            " eats",
            " insects",
            " and",
            " seeds",
            "."
        };
        List<TokenLine> lines = new ArrayList<>();
        Random random = new Random(4);
        for (int i = 0; i < count; i++) {
            float[] activations = new float[tokens.length];
            int[] ids = new int[tokens.length];
            int peak = 13;
            for (int t = 0; t < tokens.length; t++) {
                ids[t] = 500 + t;
                activations[t] = random.nextInt(4) == 0 ? (float) (random.nextDouble() * 3) : 0;
            }
            activations[11] = 4.1f - i * 0.1f;
            activations[12] = 6.3f - i * 0.2f;
            activations[13] = 9.4f - i * 0.3f;
            lines.add(new TokenLine(tokens, ids, activations, peak));
        }
        return lines;
    }
}

package loupe.analysis.effects;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import loupe.analysis.effects.Intervention.Action;
import loupe.analysis.features.VectorFile;
import loupe.base.HookPoint;
import loupe.base.NumberRange;
import loupe.base.Refusal;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;

/**
 * Interventions as people write them, one line for what is done alike to several features or to a vector: {@code ablate
 * 866}, {@code clamp-max 866 2 from 3}, {@code add-unit file probe.npy 4 at blocks.2.hook_resid_pre}. Checkpoints are
 * counted from 0, and what a line needs of files and corpora is looked up when it is made {@link #interventions}.
 *
 * @param kind what is done
 * @param target to what
 * @param amount how much; not used by {@link Kind#ABLATE}
 * @param positions at which tokens
 * @param isOn whether it is done at all
 */
public record InterventionLine(Kind kind, Target target, Amount amount, Positions positions, boolean isOn) {
    private static final String EXAMPLE = "such as 'ablate 866' or 'add 12,13 4 from 3'";
    private static final Pattern LINE = Pattern.compile("\\s*(?<off>off\\s+)?(?<kind>[a-z-]+)\\s+"
            + "(?<target>file .+?\\.(?:npy|safetensors)(?::[^\\s]+)?|(?:\\d{1,9}/)?\\d{1,9}(?:,\\d{1,9})*)"
            + "(?:\\s+(?<amount>[-+.\\d][^\\s]*))?"
            + "(?:\\s+at\\s+(?<at>[^\\s]+))?"
            + "(?:\\s+(?:(?<which>only|without|from)\\s+(?<places>\\d{1,9}(?:,\\d{1,9})*)"
            + "|(?<generated>generated)))?\\s*");
    private static final String BETWEEN = "..";

    /** @throws IllegalArgumentException if this cannot be done to that */
    public InterventionLine {
        if (kind.needsActivation() && target.at().isPresent()) {
            throw new IllegalArgumentException(kind + " acts where the checkpoint writes, not at " + target.at());
        }
        if (kind != Kind.CAP && (amount.least().isPresent() || amount.most().isEmpty())) {
            throw new IllegalArgumentException(kind + " takes one number, not " + amount);
        }
    }

    /** What is done, h being the value, v the direction, v^ that at unit length and f the feature's activation. */
    public enum Kind {
        /** f' = 0. */
        ABLATE("ablate", true, 0),
        /** f' = amount f. */
        SCALE("scale", true, 2),
        /** f' = amount. */
        CLAMP("clamp", true, 10),
        /** f' = amount times the feature's largest activation on the corpus. */
        CLAMP_MAX("clamp-max", true, 1),
        /** h + amount v. */
        ADD("add", false, 10),
        /** h + amount v^. */
        ADD_UNIT("add-unit", false, 10),
        /** h + (amount - 1) (h . v^) v^. */
        ORTHOGONAL("orthogonal", false, 0),
        /** h . v^ is kept within bounds. */
        CAP("cap", false, 0);

        private final String word;
        private final boolean needsActivation;
        private final double initial;

        Kind(String word, boolean needsActivation, double initial) {
            this.word = word;
            this.needsActivation = needsActivation;
            this.initial = initial;
        }

        /** Whether it changes an activation, and so needs a feature where its checkpoint writes. */
        public boolean needsActivation() {
            return needsActivation;
        }

        /** How much a new line of this kind has. */
        public Amount initial() {
            return Amount.of(initial);
        }

        /** The word that lines begin with. */
        @Override
        public String toString() {
            return word;
        }

        static Optional<Kind> of(String word) {
            return Arrays.stream(values())
                    .filter(kind -> kind.word.equals(word))
                    .findFirst();
        }
    }

    /** To what something is done. */
    public sealed interface Target {
        /** Another place than that where a feature's checkpoint writes; of vectors always there. */
        Optional<HookPoint> at();

        /**
         * Features of one checkpoint.
         *
         * @param sae which checkpoint, from 0
         */
        record Features(int sae, List<Integer> features, Optional<HookPoint> at) implements Target {
            public Features {
                features = List.copyOf(features);
                if (features.isEmpty()) {
                    throw new IllegalArgumentException("features are empty");
                }
            }

            @Override
            public String toString() {
                return (sae == 0 ? "" : sae + "/")
                        + features.stream().map(String::valueOf).collect(Collectors.joining(","));
            }
        }

        /** A vector of the user's own. */
        record Vector(VectorFile file, HookPoint place) implements Target {
            @Override
            public Optional<HookPoint> at() {
                return Optional.of(place);
            }

            @Override
            public String toString() {
                return file.words();
            }
        }
    }

    /**
     * One number, or bounds of which one may be missing.
     *
     * @param least the lower bound; empty for one number
     * @param most the number, or the upper bound
     */
    public record Amount(OptionalDouble least, OptionalDouble most) {
        public static Amount of(double number) {
            return new Amount(OptionalDouble.empty(), OptionalDouble.of(number));
        }

        /** The number, or the upper bound; 0 if there is none. */
        public double value() {
            return most.orElse(0);
        }

        /**
         * Reads {@code 4.5}, or bounds {@code LO..HI}, either of which may be empty.
         *
         * @throws Refusal if it is neither
         */
        public static Amount parse(String text) {
            String given = text.strip();
            int between = given.indexOf(BETWEEN);
            if (between < 0) {
                return of(number(given));
            }
            OptionalDouble least = bound(given.substring(0, between));
            OptionalDouble most = bound(given.substring(between + BETWEEN.length()));
            if (least.isEmpty() && most.isEmpty()) {
                throw new Refusal("'..' has no bound", "LO..HI, of which one may be left out", "");
            }
            if (least.isPresent() && most.isPresent() && least.getAsDouble() > most.getAsDouble()) {
                throw new Refusal("The bounds " + given + " are the wrong way round", "LO..HI", "");
            }
            return new Amount(least, most);
        }

        private static OptionalDouble bound(String text) {
            return text.isBlank() ? OptionalDouble.empty() : OptionalDouble.of(number(text));
        }

        private static double number(String text) {
            try {
                double number = Double.parseDouble(text);
                if (NumberRange.COMPUTABLE.contains(number)) {
                    return number;
                }
            } catch (NumberFormatException none) {
                // said below
            }
            throw new Refusal("'" + text + "' is no number", NumberRange.COMPUTABLE.expected(), "");
        }

        @Override
        public String toString() {
            return least.isEmpty() && most.isPresent() ? shown(most) : shown(least) + BETWEEN + shown(most);
        }

        private static String shown(OptionalDouble number) {
            if (number.isEmpty()) {
                return "";
            }
            double value = number.getAsDouble();
            return value == Math.rint(value) && Math.abs(value) < 1e9
                    ? String.valueOf((long) value)
                    : String.valueOf(value);
        }
    }

    /** What lines need that they do not hold themselves. */
    public interface Sources {
        /** The checkpoint of a number. */
        SaeId sae(int number);

        /**
         * The largest activation of a feature on a corpus.
         *
         * @throws Refusal if none was counted
         */
        double largest(int sae, int feature);

        /**
         * The vector in a file, of the width that the model has at a place.
         *
         * @throws Refusal if it cannot be had
         */
        HostTensor vector(VectorFile file, HookPoint at);
    }

    /** Does something to features of the first checkpoint, as it comes, at all tokens. */
    public static InterventionLine of(Kind kind, List<Integer> features) {
        return new InterventionLine(
                kind, new Target.Features(0, features, Optional.empty()), kind.initial(), Positions.ALL, true);
    }

    public InterventionLine withTarget(Target other) {
        return new InterventionLine(kind, other, amount, positions, isOn);
    }

    public InterventionLine withAmount(Amount other) {
        return new InterventionLine(kind, target, other, positions, isOn);
    }

    public InterventionLine withPositions(Positions other) {
        return new InterventionLine(kind, target, amount, other, isOn);
    }

    public InterventionLine switched(boolean on) {
        return new InterventionLine(kind, target, amount, positions, on);
    }

    /** The same done otherwise, by as much as a new line of that kind has. */
    public InterventionLine withKind(Kind other) {
        Target where = other.needsActivation() && target instanceof Target.Features features
                ? new Target.Features(features.sae(), features.features(), Optional.empty())
                : target;
        return new InterventionLine(other, where, other.initial(), positions, isOn);
    }

    /** What is done, feature by feature; nothing if it is switched off. */
    public List<Intervention> interventions(Sources from) {
        if (!isOn) {
            return List.of();
        }
        if (target instanceof Target.Vector vector) {
            return List.of(new Intervention(
                    new Intervention.Target.Direction(vector.place(), from.vector(vector.file(), vector.place())),
                    action(() -> 1),
                    positions));
        }
        Target.Features of = (Target.Features) target;
        SaeId id = from.sae(of.sae());
        List<Intervention> all = new ArrayList<>();
        for (int feature : of.features()) {
            all.add(new Intervention(
                    of.at().isPresent()
                            ? new Intervention.Target.FeatureElsewhere(
                                    id, feature, of.at().get())
                            : new Intervention.Target.Feature(id, feature),
                    action(() -> from.largest(of.sae(), feature)),
                    positions));
        }
        return all;
    }

    private Action action(DoubleSupplier largest) {
        double number = amount.value();
        return switch (kind) {
            case ABLATE -> new Intervention.Scale(0);
            case SCALE -> new Intervention.Scale(number);
            case CLAMP -> Intervention.Clamp.to(number);
            case CLAMP_MAX -> new Intervention.Clamp(number, largest.getAsDouble());
            case ADD -> new Intervention.Add(number, false);
            case ADD_UNIT -> new Intervention.Add(number, true);
            case ORTHOGONAL -> new Intervention.Orthogonal(number);
            case CAP -> new Intervention.Cap(amount.least(), amount.most());
        };
    }

    /**
     * Reads a line.
     *
     * @throws Refusal if it is none, naming what is wrong
     */
    public static InterventionLine parse(String text) {
        Matcher parts = LINE.matcher(text);
        Kind kind = Kind.of(text.strip().replaceFirst("^off\\s+", "").split("\\s", 2)[0])
                .orElseThrow(() -> new Refusal(
                        "'" + text.strip() + "' is no intervention",
                        Arrays.stream(Kind.values()).map(Kind::toString).collect(Collectors.joining(", ")) + ", "
                                + EXAMPLE,
                        ""));
        if (!parts.matches()) {
            throw new Refusal(
                    "'" + text.strip() + "' cannot be read as KIND FEATURES [AMOUNT] [at HOOK] [from N]", EXAMPLE, "");
        }
        Optional<HookPoint> at = Optional.ofNullable(parts.group("at")).map(InterventionLine::place);
        Target target = target(parts.group("target"), at);
        String given = parts.group("amount");
        if (given == null && kind != Kind.ABLATE) {
            throw new Refusal("'" + text.strip() + "' says not by how much", "a number behind the features", "");
        }
        if (given != null && kind == Kind.ABLATE) {
            throw new Refusal("'" + text.strip() + "' has a number", "none with ablate", "Use scale or clamp for one");
        }
        if (kind.needsActivation() && at.isPresent()) {
            throw new Refusal(
                    kind + " at " + at.get() + " cannot be done: " + kind + " changes an activation",
                    "a feature, without a place",
                    "Use add, orthogonal or cap for a direction");
        }
        Amount amount = given == null ? kind.initial() : Amount.parse(given);
        if (kind != Kind.CAP && (amount.least().isPresent() || amount.most().isEmpty())) {
            throw new Refusal(kind + " " + given + " has two bounds", "one number; bounds go with cap", "");
        }
        return new InterventionLine(kind, target, amount, positions(parts), parts.group("off") == null);
    }

    private static Target target(String text, Optional<HookPoint> at) {
        Optional<VectorFile> file = VectorFile.of(text);
        if (file.isPresent()) {
            return new Target.Vector(
                    file.get(),
                    at.orElseThrow(() -> new Refusal(
                            "'" + file.get().shortWords() + "' has no place",
                            "one, such as at blocks.2.hook_resid_pre",
                            "")));
        }
        int slash = text.indexOf('/');
        List<Integer> features = numbers(text.substring(slash + 1));
        return new Target.Features(slash < 0 ? 0 : Integer.parseInt(text.substring(0, slash)), features, at);
    }

    private static HookPoint place(String name) {
        return HookPoint.parse(name)
                .orElseThrow(() -> new Refusal(
                        "'" + name + "' is no hook point",
                        "one of those that models have, such as " + String.join(", ", HookPoint.nearest(name)),
                        ""));
    }

    private static Positions positions(Matcher parts) {
        if (parts.group("generated") != null) {
            return Positions.GENERATED;
        }
        String which = parts.group("which");
        if (which == null) {
            return Positions.ALL;
        }
        List<Integer> places = numbers(parts.group("places"));
        if (which.equals("from") && places.size() != 1) {
            throw new Refusal("'from " + parts.group("places") + "' names several tokens", "the first one alone", "");
        }
        return switch (which) {
            case "only" -> Positions.listed(places);
            case "without" -> Positions.without(places);
            default -> Positions.from(places.get(0));
        };
    }

    private static List<Integer> numbers(String text) {
        return Arrays.stream(text.split(",", -1)).map(Integer::valueOf).toList();
    }

    /** The line that {@link #parse} reads. */
    @Override
    public String toString() {
        StringBuilder line =
                new StringBuilder(isOn ? "" : "off ").append(kind).append(' ').append(target);
        if (kind != Kind.ABLATE) {
            line.append(' ').append(amount);
        }
        target.at().ifPresent(at -> line.append(" at ").append(at.name()));
        String at = positions.at().stream().map(String::valueOf).collect(Collectors.joining(","));
        switch (positions.which()) {
            case ALL -> line.append("");
            case GENERATED -> line.append(" generated");
            case LISTED -> line.append(" only ").append(at);
            case EXCLUDED -> line.append(" without ").append(at);
            case FROM -> line.append(" from ").append(at);
        }
        return line.toString();
    }
}

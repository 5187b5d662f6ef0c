package loupe.sae.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;
import loupe.sae.checkpoint.SaeDraft.CrossLayer;
import loupe.sae.checkpoint.StoredParts.Index;
import loupe.sae.checkpoint.StoredParts.Source;
import loupe.tensor.StoredTensor;

/**
 * Cross-layer transcoders, of which one layer is opened. Its features f read at that layer L and write to the outputs
 * of its MLP and of those of later layers T: y_T = (sum over layers L up to T of f_L W_dec[L, T]) + b_dec[T] + x_T A_T.
 * If a side is given, which is the number of a layer, this layer's share of what that one gets is opened, with its
 * bias; else what the features write to all of them, added up, with the biases of all of them.
 *
 * <p>circuit-tracer: {@code W_enc_L.safetensors} with {@code W_enc_L} (n, d), {@code b_enc_L}, {@code b_dec_L},
 * {@code threshold_L}, {@code W_skip_L}, and {@code W_dec_L.safetensors} with {@code W_dec_L} (n, layers from L on, d).
 * Gemma Scope 2: {@code params_layer_L.safetensors} with {@code w_enc} (d, n) and {@code w_dec} (n, layers, d), of
 * which those before L are not used; or everything in one file, with an axis for L in front.
 * {@code src/site/markdown/formats.md}, section G.
 *
 * @see <a href="https://github.com/decoderesearch/circuit-tracer">circuit-tracer, CrossLayerTranscoder</a>
 */
final class CrossLayerTranscoder implements SaeFamily {
    private static final Pattern TENSOR = Pattern.compile("W_(?:enc|dec)_(\\d{1,3})");
    private static final Pattern ENCODER_FILE = Pattern.compile("W_enc_(\\d{1,3})\\.safetensors");
    private static final Pattern LAYER_FILE = Pattern.compile("params_layer_(\\d{1,3})\\.safetensors");
    private static final Pattern BLOCK = Pattern.compile("blocks\\.\\d{1,6}\\.(.+)");
    private static final List<String> FUNCTIONS = List.of("relu", "jumprelu", "jump_relu");

    /**
     * One layer: where its tensors lie.
     *
     * @param skip A_L, which is from its input to its own output
     * @param decoders by the layer that they write to
     * @param biases of those layers, as far as their files are there
     */
    private record Layer(
            int number,
            long dIn,
            long dSae,
            long dOut,
            Source encoder,
            Source encoderBias,
            Optional<Source> threshold,
            Optional<Source> skip,
            SortedMap<Integer, Source> decoders,
            SortedMap<Integer, Source> biases) {}

    /** What belongs to layers that are not written to, or to a decoder of another layer. */
    private static final Pattern OF_OTHER_LAYERS = Pattern.compile("b_dec(?:_\\d{1,3})?|W_(?:skip|dec)_\\d{1,3}");

    @Override
    public String format() {
        return "cross-layer-transcoder";
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        int decoderAxes = files.shape("w_dec").length;
        int encoderAxes = files.shape("w_enc").length;
        return files.hasLike(TENSOR)
                || (encoderAxes == 2 && decoderAxes == 3)
                || (encoderAxes == 3 && decoderAxes == 4);
    }

    /**
     * The only layer of circuit-tracer's whose files are among these; empty if none is.
     *
     * @throws CheckpointException if there are several
     */
    static Optional<Path> layerIn(Path folder, List<Path> files) {
        List<Path> encoders = files.stream()
                .filter(file ->
                        ENCODER_FILE.matcher(file.getFileName().toString()).matches())
                .toList();
        if (encoders.size() > 1) {
            throw new CheckpointException(
                    folder,
                    "this folder holds " + encoders.size() + " layers of a cross-layer transcoder",
                    "one of them",
                    "Choose the file of a layer, such as " + encoders.get(0).getFileName());
        }
        return encoders.stream().findFirst();
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        Layer layer = files.hasLike(TENSOR)
                ? ofCircuitTracer(files)
                : files.shape("w_dec").length == 4 ? ofOneFile(files, options) : ofGemmaScope(files, options);
        SortedMap<Integer, Source> decoders = layer.decoders();
        if (options.side().isPresent() && !decoders.containsKey(options.side().getAsInt())) {
            throw files.refused(
                    "the side is layer " + options.side().getAsInt() + ", to which layer " + layer.number()
                            + " does not write",
                    decoders.firstKey() + " to " + decoders.lastKey(),
                    "",
                    Remedy.give(Choice.SIDE, decoders.firstKey().toString()));
        }
        OptionalInt target = decoders.size() == 1 ? OptionalInt.of(decoders.firstKey()) : options.side();
        SaeDraft draft = new SaeDraft(files, format(), layer.dIn(), layer.dSae());
        draft.dOut(Math.toIntExact(layer.dOut()));
        draft.transcodes(true);
        draft.crossLayer(new CrossLayer(layer.number(), List.copyOf(decoders.keySet()), target));
        draft.take(layer.encoder());
        draft.take(layer.encoderBias());
        draft.take(sum(target, decoders));
        biases(layer, target, draft);
        draft.activation().is(layer.threshold().isPresent() ? Activation.Kind.JUMPRELU : Activation.Kind.RELU);
        layer.threshold().ifPresent(threshold -> CircuitTracer.thresholds(threshold, draft));
        draft.warn(shown(layer, target));
        skip(layer, target, draft);
        settings(files, layer, target, draft);
        draft.withoutEffect(OF_OTHER_LAYERS);
        return draft;
    }

    private static void biases(Layer layer, OptionalInt target, SaeDraft draft) {
        SortedMap<Integer, Source> biases = layer.biases();
        long wanted = target.isPresent() ? 1 : layer.decoders().size();
        long found = target.isPresent() ? (biases.containsKey(target.getAsInt()) ? 1 : 0) : biases.size();
        if (found > 0) {
            draft.take(sum(target, biases));
        } else {
            draft.withoutDecoderBias();
        }
        if (found < wanted) {
            draft.warn("The decoder biases of " + (wanted - found) + " of the layers that are written to are in files "
                    + "that are not beside this one; they are left out");
        }
    }

    /** The one for the target, or all of them, added up. */
    private static Source sum(OptionalInt target, SortedMap<Integer, Source> sources) {
        if (target.isPresent()) {
            return Objects.requireNonNull(sources.get(target.getAsInt()));
        }
        List<Source> all = List.copyOf(sources.values());
        return all.get(0).plus(all.subList(1, all.size()));
    }

    private static String shown(Layer layer, OptionalInt target) {
        String features = "These are the features of layer " + layer.number() + " of a cross-layer transcoder";
        return target.isEmpty()
                ? features + "; what they write to the layers "
                        + layer.decoders().firstKey() + " to "
                        + layer.decoders().lastKey()
                        + " is added up. With a layer given as the side, it is what they write to that one"
                : features + " and what they write to layer " + target.getAsInt()
                        + ", to which the features of other layers write too";
    }

    private static void skip(Layer layer, OptionalInt target, SaeDraft draft) {
        if (layer.skip().isPresent() && target.isPresent() && target.getAsInt() == layer.number()) {
            draft.take(layer.skip().get());
            draft.change(weights -> weights.turn(Part.SKIP));
        } else if (layer.skip().isPresent()) {
            draft.warn("The skip connections, from other layers' inputs to what is written to, are left out");
        }
    }

    private static void settings(CheckpointFiles files, Layer layer, OptionalInt target, SaeDraft draft) {
        ConfigJson settings = files.config("config.json")
                .filter(config -> config.has("hf_hook_point_in"))
                .orElseGet(() -> CircuitTracer.settings(files).config());
        settings.text("architecture", "activation")
                .filter(name -> !FUNCTIONS.contains(name))
                .ifPresent(name -> {
                    throw files.refused(
                            "the settings say " + name + ", which is not supported for a cross-layer transcoder",
                            String.join(" or ", FUNCTIONS.subList(0, 2)),
                            "Choose another checkpoint");
                });
        draft.settings(settings.values());
        draft.model(settings.text("model_name").orElse(""));
        Optional<String> in = settings.text("hf_hook_point_in", "feature_input_hook");
        draft.hook(in.flatMap(name -> at(name, layer.number())));
        in.filter(name -> draft.hook().isEmpty())
                .ifPresent(name -> draft.warn(
                        "The settings say that it reads " + name + ", which is none of the known hook points"));
        target.ifPresent(to -> draft.hookOut(settings.text("hf_hook_point_out", "feature_output_hook")
                .map(name -> at(name, to))
                .orElse(Optional.of(new HookPoint(Site.MLP_OUT, to)))));
    }

    /** One name stands for the places in all layers, whichever number is in it. */
    private static Optional<HookPoint> at(String name, int layer) {
        Optional<HookPoint> whole = HookPoint.parse(name);
        String inBlock = whole.map(HookPoint::name).orElse(name);
        Matcher block = BLOCK.matcher(inBlock);
        return HookPoint.parse("blocks." + layer + "." + (block.matches() ? block.group(1) : inBlock));
    }

    private static Layer ofCircuitTracer(CheckpointFiles files) {
        int layer = files.archive().names().stream()
                .map(TENSOR::matcher)
                .filter(Matcher::matches)
                .map(name -> Integer.valueOf(name.group(1)))
                .findFirst()
                .orElseThrow(() -> files.refused("there is no tensor W_enc_0 or of another number", "one", ""));
        String encoderFile = "W_enc_" + layer + ".safetensors";
        String decoderFile = "W_dec_" + layer + ".safetensors";
        String decoder = "W_dec_" + layer;
        List<Long> encoderShape = shape(files, encoderFile, "W_enc_" + layer, 2);
        List<Long> decoderShape = shape(files, decoderFile, decoder, 3);
        SortedSet<Integer> layers = files.numbered(ENCODER_FILE);
        // with all layers there, as many decoders as layers are for all of them, and not for those from this one on
        boolean fromFirst = layer > 0 && isWhole(layers) && decoderShape.get(1) == layers.size();
        int first = fromFirst ? 0 : layer;
        SortedMap<Integer, Source> decoders = new TreeMap<>();
        SortedMap<Integer, Source> biases = new TreeMap<>();
        for (int to = layer; to < first + decoderShape.get(1); to++) {
            decoders.put(to, Source.of(Part.DECODER, decoderFile, decoder, true, new Index(1, to - first)));
            if (layers.contains(to)) {
                biases.put(to, Source.of(Part.DECODER_BIAS, "W_enc_" + to + ".safetensors", "b_dec_" + to, false));
            }
        }
        return new Layer(
                layer,
                encoderShape.get(1),
                encoderShape.get(0),
                decoderShape.get(2),
                Source.of(Part.ENCODER, encoderFile, "W_enc_" + layer, true),
                Source.of(Part.ENCODER_BIAS, encoderFile, "b_enc_" + layer, false),
                optional(files, Part.THRESHOLD, encoderFile, "threshold_" + layer),
                optional(files, Part.SKIP, encoderFile, "W_skip_" + layer),
                decoders,
                biases);
    }

    private static Layer ofGemmaScope(CheckpointFiles files, SaeOptions options) {
        Matcher name = LAYER_FILE.matcher(files.fileName());
        Optional<Integer> asked = options.hook().map(HookPoint::layer).filter(layer -> layer >= 0);
        int layer = name.matches()
                ? Integer.parseInt(name.group(1))
                : asked.orElseThrow(() -> files.refused(
                        "neither the file's name nor anything in it says which layer of a cross-layer transcoder it is",
                        "a name such as params_layer_3.safetensors",
                        "",
                        Remedy.give(Choice.HOOK)));
        String file = files.fileName();
        List<Long> encoderShape = shape(files, file, "w_enc", 2);
        List<Long> decoderShape = shape(files, file, "w_dec", 3);
        SortedSet<Integer> layers = files.numbered(LAYER_FILE);
        long writes = decoderShape.get(1);
        boolean fromThisOn = layer > 0 && isWhole(layers) && writes == layers.size() - layer;
        int first = fromThisOn ? layer : 0;
        SortedMap<Integer, Source> decoders = new TreeMap<>();
        SortedMap<Integer, Source> biases = new TreeMap<>();
        for (int to = layer; to < first + writes; to++) {
            decoders.put(to, Source.of(Part.DECODER, file, "w_dec", true, new Index(1, to - first)));
            if (to == layer || (name.matches() && layers.contains(to))) {
                String own = to == layer ? file : "params_layer_" + to + ".safetensors";
                biases.put(to, Source.of(Part.DECODER_BIAS, own, "b_dec", false));
            }
        }
        if (decoders.isEmpty()) {
            throw files.refused("w_dec has decoders for " + writes + " layers", "one for layer " + layer + " too", "");
        }
        return new Layer(
                layer,
                encoderShape.get(0),
                encoderShape.get(1),
                decoderShape.get(2),
                Source.of(Part.ENCODER, file, "w_enc", false),
                Source.of(Part.ENCODER_BIAS, file, "b_enc", false),
                optional(files, Part.THRESHOLD, file, "threshold"),
                optional(files, Part.SKIP, file, "affine_skip_connection"),
                decoders,
                biases);
    }

    /** All layers in one file: the layer of the hook point that was asked for. */
    private static Layer ofOneFile(CheckpointFiles files, SaeOptions options) {
        String file = files.fileName();
        List<Long> encoderShape = shape(files, file, "w_enc", 3);
        List<Long> decoderShape = shape(files, file, "w_dec", 4);
        long layers = encoderShape.get(0);
        int layer = options.hook().map(HookPoint::layer).orElse(HookPoint.NO_LAYER);
        if (layer < 0 || layer >= layers || decoderShape.get(2) != layers) {
            throw files.refused(
                    "this file holds the layers 0 to " + (layers - 1) + " of a cross-layer transcoder",
                    "a hook point of one of them",
                    "",
                    Remedy.give(Choice.HOOK, "blocks.0.mlp.hook_in"));
        }
        Index own = new Index(0, layer);
        SortedMap<Integer, Source> decoders = new TreeMap<>();
        SortedMap<Integer, Source> biases = new TreeMap<>();
        for (int to = layer; to < layers; to++) {
            decoders.put(to, Source.of(Part.DECODER, file, "w_dec", true, own, new Index(1, to)));
            biases.put(to, Source.of(Part.DECODER_BIAS, file, "b_dec", false, new Index(0, to)));
        }
        return new Layer(
                layer,
                encoderShape.get(1),
                encoderShape.get(2),
                decoderShape.get(3),
                Source.of(Part.ENCODER, file, "w_enc", false, own),
                Source.of(Part.ENCODER_BIAS, file, "b_enc", false, own),
                optional(files, Part.THRESHOLD, file, "threshold", own),
                optional(files, Part.SKIP, file, "affine_skip_connection", own),
                decoders,
                biases);
    }

    private static boolean isWhole(SortedSet<Integer> layers) {
        return !layers.isEmpty() && layers.first() == 0 && layers.last() == layers.size() - 1;
    }

    private static Optional<Source> optional(
            CheckpointFiles files, Part part, String file, String tensor, Index... only) {
        return files.find(file, tensor).map(found -> Source.of(part, file, tensor, false, only));
    }

    private static List<Long> shape(CheckpointFiles files, String file, String tensor, int axes) {
        StoredTensor found = files.tensor(file, tensor);
        if (found.shape().size() != axes) {
            throw files.refused(tensor + " is " + found.shape(), axes + " axes");
        }
        return found.shape();
    }
}

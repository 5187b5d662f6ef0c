package loupe.analysis;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import loupe.TinyModel;
import loupe.base.Cancellation;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.lm.Processing;
import loupe.lm.folder.ModelFolder;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.tensor.HostTensor;

/**
 * Answers queries on the calling thread, each step with a manager of its own, its weights lent as the service lends
 * them.
 */
public final class TestDevice implements AutoCloseable {
    private final NDManager root = NDManager.newBaseManager(Device.cpu());
    private final Map<ModelId, LanguageModel> models = new HashMap<>();
    private final Map<SaeId, SparseAutoencoder> saes = new HashMap<>();
    private final Map<Query<?>, Object> answers = new HashMap<>();
    private final Map<Object, NDArray> kept = new HashMap<>();
    private int steps;

    /** The tiny model under this id. */
    public ModelId tiny() {
        return model("tiny", TinyModel.CONFIG, TinyModel.weights());
    }

    public ModelId model(String name, ModelConfig config, Map<String, HostTensor> weights) {
        return model(new ModelId(name, name), config, weights);
    }

    public ModelId model(ModelId id, ModelConfig config, Map<String, HostTensor> weights) {
        models.put(id, TinyModel.on(root, config, weights).seal());
        return id;
    }

    /** A model read from a folder, its weights as published. */
    public ModelId model(String name, Path folder) {
        ModelId id = new ModelId(name, name);
        try (ModelFolder files = ModelFolder.open(folder)) {
            models.put(id, files.read(Processing.RAW).on(root.newSubManager()).seal());
        }
        return id;
    }

    /**
     * A ReLU autoencoder of these directions and no biases.
     *
     * @param encoder (dIn, dSae)
     * @param decoder (dSae, dIn)
     */
    public SaeId sae(String name, HostTensor encoder, HostTensor decoder) {
        return sae(new SaeId(name, name), encoder, decoder);
    }

    /** Likewise, under this id. */
    public SaeId sae(SaeId id, HostTensor encoder, HostTensor decoder) {
        int dIn = encoder.size(0);
        int dSae = encoder.size(1);
        SaeConfig config = SaeConfig.of("saelens", dIn, dSae, new Activation.Relu(), false);
        HostWeights weights = new HostWeights()
                .matrix(HostWeights.Part.ENCODER, encoder.data(), dIn, dSae, false)
                .matrix(HostWeights.Part.DECODER, decoder.data(), dSae, dIn, true)
                .vector(HostWeights.Part.ENCODER_BIAS, new float[dSae])
                .vector(HostWeights.Part.DECODER_BIAS, new float[dIn]);
        saes.put(id, SparseAutoencoder.upload(root, config, weights));
        return id;
    }

    /** The whole answer, from the cache if it has been asked before. */
    public <R> R ask(Query<R> query) {
        return run(query, new Cancellation());
    }

    /** How many steps the questions so far took. */
    public int steps() {
        return steps;
    }

    @SuppressWarnings("unchecked")
    private <R> R run(Query<R> query, Cancellation cancellation) {
        Object known = answers.get(query);
        if (known == null) {
            Query.Sweep<R> sweep = sweep(query);
            while (step(sweep, cancellation)) {
                cancellation.check();
            }
            known = sweep.result();
            answers.put(query, known);
        }
        return (R) known;
    }

    /**
     * One step of a sweep.
     *
     * @return whether another is needed
     */
    public <R> boolean step(Query.Sweep<R> sweep, Cancellation cancellation) {
        steps++;
        try (NDManager step = root.newSubManager()) {
            return sweep.step(new StepScope(step, cancellation));
        }
    }

    public static <R> Query.Sweep<R> sweep(Query<R> query) {
        if (query instanceof Query.Stepped<R> stepped) {
            return stepped.begin();
        }
        return new Query.Sweep<>() {
            private R answer;

            @Override
            public boolean step(Scope scope) {
                answer = ((Query.Single<R>) query).answer(scope);
                return false;
            }

            @Override
            public R result() {
                return answer;
            }

            @Override
            public double fraction() {
                return 1;
            }
        };
    }

    /** Forgets all answers. */
    public void forget() {
        answers.clear();
    }

    /** Arrays and managers that hang under the device, weights included. */
    public int arrays() {
        return count(root);
    }

    private static int count(NDManager manager) {
        int count = manager.getManagedArrays().size();
        return count;
    }

    @Override
    public void close() {
        root.close();
    }

    private final class StepScope implements Scope {
        private final NDManager step;
        private final Cancellation cancellation;
        private final Map<Object, Boolean> lent = new LinkedHashMap<>();

        StepScope(NDManager step, Cancellation cancellation) {
            this.step = step;
            this.cancellation = cancellation;
        }

        @Override
        public NDManager arrays() {
            return step;
        }

        @Override
        public LanguageModel model(ModelId id) {
            LanguageModel model = models.get(id);
            if (lent.put(id, true) == null) {
                step.tempAttachAll(model.parameters().values().toArray(NDArray[]::new));
            }
            return model;
        }

        @Override
        public SparseAutoencoder sae(SaeId id) {
            SparseAutoencoder sae = saes.get(id);
            if (lent.put(id, true) == null) {
                step.tempAttachAll(sae.weights().toArray(NDArray[]::new));
            }
            return sae;
        }

        @Override
        public NDArray kept(Object key, Supplier<NDArray> make) {
            NDArray array = kept.get(key);
            if (array == null) {
                array = make.get();
                array.detach();
                array.attach(root);
                kept.put(key, array);
            }
            if (array.getManager() != step) {
                array.tempAttach(step);
            }
            return array;
        }

        @Override
        public <R> R answer(Query<R> query) {
            return run(query, cancellation);
        }

        @Override
        public Cancellation cancellation() {
            return cancellation;
        }
    }
}

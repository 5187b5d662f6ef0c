package loupe.format;

/** The kinds of files that hold tensors, recognised by their first bytes and never by their names. */
public enum Container {
    SAFETENSORS("safetensors"),
    TORCH_ZIP("torch zip"),
    TORCH_LEGACY("legacy torch"),
    NPZ("npz"),
    /** A single array, where an array and no checkpoint is wanted. */
    NPY("npy"),
    LLAMA2_C("llama2.c");

    private final String label;

    Container(String label) {
        this.label = label;
    }

    /** The name people use for it. */
    public String label() {
        return label;
    }
}

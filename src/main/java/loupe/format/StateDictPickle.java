package loupe.format;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import loupe.tensor.DType;

/**
 * The pickle that describes a state dict, opcode for opcode as Python 3 and {@code torch.save} write an OrderedDict of
 * contiguous tensors (protocol 2), without the module's {@code _metadata}.
 */
final class StateDictPickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    /** Memo indices of the values written so far, which later occurrences refer to. */
    private final Map<String, Integer> memo = new HashMap<>();

    private int memoSize;

    private StateDictPickle() {}

    /** Tensor i lies in storage i. */
    static byte[] of(Map<String, TensorData> tensors) {
        StateDictPickle pickle = new StateDictPickle();
        pickle.write(tensors);
        return pickle.out.toByteArray();
    }

    private void write(Map<String, TensorData> tensors) {
        op(0x80).op(2);
        emptyOrderedDict();
        int key = 0;
        if (tensors.size() == 1) {
            Map.Entry<String, TensorData> only = tensors.entrySet().iterator().next();
            text(only.getKey());
            tensor(only.getValue(), key);
            op('s');
        } else if (tensors.size() > 1) {
            op('(');
            for (Map.Entry<String, TensorData> entry : tensors.entrySet()) {
                text(entry.getKey());
                tensor(entry.getValue(), key++);
            }
            op('u');
        }
        op('.');
    }

    private void tensor(TensorData tensor, int key) {
        global("torch._utils", "_rebuild_tensor_v2");
        op('(');
        op('(');
        text("storage");
        global("torch", storage(tensor.dtype()));
        text(String.valueOf(key));
        text("cpu");
        integer(tensor.elements());
        op('t');
        remember();
        op('Q');
        integer(0);
        tuple(tensor.shape());
        long[] strides = FileTensor.Layout.rowMajor(tensor.shape());
        tuple(java.util.Arrays.stream(strides).boxed().toList());
        op(0x89);
        emptyOrderedDict();
        op('t');
        remember();
        op('R');
        remember();
    }

    private static String storage(DType dtype) {
        return switch (dtype) {
            case I64 -> "LongStorage";
            case F32 -> "FloatStorage";
            case F16 -> "HalfStorage";
            case BF16 -> "BFloat16Storage";
            default -> throw new IllegalArgumentException("dtype is " + dtype + ", which is not written");
        };
    }

    private void emptyOrderedDict() {
        global("collections", "OrderedDict");
        op(')').op('R');
        remember();
    }

    private void tuple(List<Long> items) {
        if (items.isEmpty()) {
            op(')');
            return;
        }
        if (items.size() > 3) {
            op('(');
        }
        items.forEach(this::integer);
        op(items.size() > 3 ? 't' : 0x84 + items.size());
        remember();
    }

    private void global(String module, String name) {
        String text = "c" + module + "\n" + name + "\n";
        if (!recall(text)) {
            out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
            memo.put(text, memoSize);
            remember();
        }
    }

    private void text(String text) {
        if (!recall(text)) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            op('X');
            out.writeBytes(little(4).putInt(utf8.length).array());
            out.writeBytes(utf8);
            memo.put(text, memoSize);
            remember();
        }
    }

    private boolean recall(String written) {
        Integer index = memo.get(written);
        if (index == null) {
            return false;
        }
        index('h', 'j', index);
        return true;
    }

    private void remember() {
        index('q', 'r', memoSize++);
    }

    private void index(int small, int large, int index) {
        if (index < 256) {
            op(small).op(index);
        } else {
            op(large);
            out.writeBytes(little(4).putInt(index).array());
        }
    }

    private void integer(long value) {
        if (value < 256) {
            op('K').op((int) value);
        } else if (value < 65536) {
            op('M');
            out.writeBytes(little(2).putShort((short) value).array());
        } else if (value <= Integer.MAX_VALUE) {
            op('J');
            out.writeBytes(little(4).putInt((int) value).array());
        } else {
            int bytes = 1 + (64 - Long.numberOfLeadingZeros(value)) / 8;
            op(0x8A).op(bytes);
            out.write(little(8).putLong(value).array(), 0, bytes);
        }
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private StateDictPickle op(int opcode) {
        out.write(opcode);
        return this;
    }
}

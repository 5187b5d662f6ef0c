package loupe;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The string literals of a compiled class, read from its constant pool (Java Virtual Machine Specification 4.4). */
final class StringConstants {
    private static final int MAGIC = 0xCAFEBABE;

    private StringConstants() {}

    /** @throws IOException if this is no class file */
    static List<String> of(InputStream classFile) throws IOException {
        DataInputStream in = new DataInputStream(classFile);
        if (in.readInt() != MAGIC) {
            throw new IOException("this is no class file");
        }
        in.skipNBytes(4);
        int count = in.readUnsignedShort();
        Map<Integer, String> texts = new TreeMap<>();
        List<Integer> literals = new ArrayList<>();
        for (int index = 1; index < count; index++) {
            int tag = in.readUnsignedByte();
            switch (tag) {
                case 1 -> texts.put(index, in.readUTF());
                case 8 -> literals.add(in.readUnsignedShort());
                case 5, 6 -> {
                    in.skipNBytes(8);
                    index++;
                }
                case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
                case 7, 16, 19, 20 -> in.skipNBytes(2);
                case 15 -> in.skipNBytes(3);
                default -> throw new IOException("constant " + index + " has the unknown tag " + tag);
            }
        }
        return literals.stream().map(texts::get).toList();
    }
}

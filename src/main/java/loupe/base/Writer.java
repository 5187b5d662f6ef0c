package loupe.base;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A process that writes, as files say it: its number, and the system that counts processes. Two computers, two
 * containers and one computer before and after it was started again count apart, so that a process is only thought
 * ended where that can be known.
 *
 * @param system eight hexadecimal digits
 */
record Writer(String system, long process) {
    private static final Path HOST = Path.of("/proc/sys/kernel/hostname");
    private static final Path STARTED = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Path NUMBERS = Path.of("/proc/self/ns/pid");
    private static final String THIS_SYSTEM = thisSystem();
    private static final int LONGEST_NAME = 40;

    /** This process. */
    static Writer self() {
        return here(ProcessHandle.current().pid());
    }

    /** Another process of this system. */
    static Writer here(long process) {
        return new Writer(THIS_SYSTEM, process);
    }

    /** The writer that a mark names. */
    static Optional<Writer> of(String mark) {
        return mark.matches("[0-9a-f]{8}-\\d{1,18}")
                ? Optional.of(new Writer(mark.substring(0, 8), Long.parseLong(mark.substring(9))))
                : Optional.empty();
    }

    /** What files and their names say of it. */
    String mark() {
        return system + "-" + process;
    }

    /** Whether it has certainly ended: not one of another system, which nobody here knows. */
    boolean hasEnded() {
        return system.equals(THIS_SYSTEM) && ProcessHandle.of(process).isEmpty();
    }

    /** This process in words: its number, user and computer. */
    static String inWords() {
        String user = plain(System.getProperty("user.name", ""));
        String host = host();
        return "process " + ProcessHandle.current().pid()
                + (user.isEmpty() ? "" : " of " + user)
                + (host.isEmpty() ? "" : " on " + host);
    }

    /** The computer's name; empty if it does not say it without a question to the network. */
    private static String host() {
        for (String variable : new String[] {"COMPUTERNAME", "HOSTNAME"}) {
            String name = System.getenv(variable);
            if (name != null && !name.isBlank()) {
                return plain(name);
            }
        }
        return plain(read(HOST));
    }

    private static String plain(String name) {
        String plain = name.strip().replaceAll("[^\\p{IsAlphabetic}\\p{IsDigit}._@-]", "_");
        return plain.substring(0, Math.min(plain.length(), LONGEST_NAME));
    }

    private static String thisSystem() {
        String numbers;
        try {
            numbers = Files.readSymbolicLink(NUMBERS).toString();
        } catch (IOException | UnsupportedOperationException notLinux) {
            numbers = "";
        }
        CRC32C crc = new CRC32C();
        crc.update((host() + read(STARTED) + numbers).getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException notLinux) {
            return "";
        }
    }
}

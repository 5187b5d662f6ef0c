package loupe.inference;

import java.nio.file.Path;
import java.util.List;
import loupe.sae.SaeConfig;

/**
 * What the host knows about an open checkpoint.
 *
 * @param warnings plain sentences about unusual or assumed facts
 * @param weights {@link Fingerprint#ofWeights}: what is written down about its features is kept by it
 */
public record OpenSae(SaeId id, Path path, SaeConfig config, List<String> warnings, String weights) {}

package loupe.app.effects;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import loupe.analysis.Fit;
import loupe.app.cli.CommandContext;
import loupe.app.cli.UsageException;
import loupe.app.command.SaeArguments;
import loupe.base.HookPoint;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A checkpoint and where it reads, as {@code PATH@HOOK}; without {@code @HOOK} where its files say.
 *
 * @param at empty if it was not given
 */
record SaeAt(Path path, Optional<HookPoint> at) {
    /** What the options of several commands say of it. */
    static final String LABEL = "PATH[@HOOK]";

    /**
     * Opens checkpoints that are to stand in one model together.
     *
     * @throws UsageException if one is given twice
     */
    static List<OpenSae> open(CommandContext context, List<SaeAt> given, SaeArguments reading) {
        List<OpenSae> opened = new ArrayList<>();
        Set<SaeId> seen = new HashSet<>();
        for (SaeAt one : given) {
            OpenSae sae = reading.open(context, one.path, one.at, "--sae");
            if (!seen.add(sae.id())) {
                throw new UsageException("--sae " + one.path + " was given twice; each checkpoint stands in one place");
            }
            opened.add(sae);
        }
        return opened;
    }

    /** Goes on only if all can be put into the model. */
    static void requireFit(List<OpenSae> saes, OpenModel model) {
        for (OpenSae sae : saes) {
            SaeArguments.require(new Fit(model.config(), sae.config()).misfitOfOutput(), sae, model);
        }
    }

    /** Splits at the last @ unless there is a file of the whole name. */
    static final class Converter implements ITypeConverter<SaeAt> {
        @Override
        public SaeAt convert(String value) {
            int at = value.lastIndexOf('@');
            if (at < 0 || Files.exists(Path.of(value))) {
                return new SaeAt(Path.of(value), Optional.empty());
            }
            String hook = value.substring(at + 1);
            HookPoint point = HookPoint.parse(hook)
                    .orElseThrow(() ->
                            new TypeConversionException("'" + hook + "' after @ is no hook point; the nearest are "
                                    + String.join(", ", HookPoint.nearest(hook))));
            return new SaeAt(Path.of(value.substring(0, at)), Optional.of(point));
        }
    }
}

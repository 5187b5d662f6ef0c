package loupe.app;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import loupe.app.bench.BenchCommand;
import loupe.app.chart.ChartCommand;
import loupe.app.cli.Cli;
import loupe.app.cli.CommandProcess;
import loupe.app.command.AuditCommand;
import loupe.app.command.BatchCommand;
import loupe.app.command.CacheCommand;
import loupe.app.command.CompareCommand;
import loupe.app.command.DoctorCommand;
import loupe.app.command.EncodeCommand;
import loupe.app.command.EvaluateCommand;
import loupe.app.command.FeatureCommand;
import loupe.app.command.ForwardCommand;
import loupe.app.command.GhostCommand;
import loupe.app.command.IndexCommand;
import loupe.app.command.InspectCommand;
import loupe.app.command.NeighboursCommand;
import loupe.app.command.SaveCommand;
import loupe.app.command.ScaleCommand;
import loupe.app.command.SessionsCommand;
import loupe.app.command.TokensCommand;
import loupe.app.command.TrainSampleCommand;
import loupe.app.command.TreeCommand;
import loupe.app.effects.AblateCommand;
import loupe.app.effects.AblatedTextCommand;
import loupe.app.effects.AttributeCommand;
import loupe.app.effects.CircuitCommand;
import loupe.app.effects.DoseCommand;
import loupe.app.effects.DreamCommand;
import loupe.app.effects.EdgesCommand;
import loupe.app.effects.EffectCommand;
import loupe.app.effects.PatchCommand;
import loupe.app.effects.SteerCommand;
import loupe.app.effects.TextCommand;
import loupe.app.features.FeaturesCommand;
import loupe.app.features.LabelsCommand;
import loupe.app.features.SearchCommand;
import loupe.app.geometry.EmbeddingsCommand;
import loupe.app.geometry.EnrichmentCommand;
import loupe.app.geometry.GeometryCommand;
import loupe.app.geometry.LogitStatsCommand;
import loupe.app.geometry.LogitsCommand;
import loupe.app.geometry.RulesCommand;
import loupe.app.geometry.TokenBiasCommand;
import loupe.app.tour.TourCommand;
import loupe.app.window.UserFolders;
import loupe.base.CheckpointException;
import loupe.base.NativeLibraries;

/**
 * The entry point of the process. Does not extend JavaFX's Application, so that commands run without a toolkit and the
 * class path needs no modules.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        // DJL reads these when its first class loads: no network, no phoning home
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        UserFolders folders = UserFolders.ofUser();
        try {
            NativeLibraries.keepIn(
                    folders.cache(), Path.of(System.getProperty("java.io.tmpdir")), System.getProperty("user.name"));
        } catch (CheckpointException noFolder) {
            CommandProcess.refuse(noFolder.getMessage());
        }
        // tokens of every script, whatever the locale
        PrintStream out = utf8(FileDescriptor.out);
        PrintStream err = utf8(FileDescriptor.err);
        System.setOut(out);
        System.setErr(err);
        CommandProcess.run(commandLine(out, err), arguments);
    }

    /**
     * The command line with every command. A new command is one more line here.
     *
     * @param out where results go
     * @param err where progress, warnings and errors go
     */
    public static Cli commandLine(PrintStream out, PrintStream err) {
        return new Cli(
                out,
                err,
                List.of(
                        new InspectCommand(),
                        new ForwardCommand(),
                        new EncodeCommand(),
                        new GhostCommand(),
                        new TreeCommand(),
                        new TokensCommand(),
                        new ScaleCommand(),
                        new BatchCommand(),
                        new NeighboursCommand(),
                        new EmbeddingsCommand(),
                        new TokenBiasCommand(),
                        new RulesCommand(),
                        new LogitsCommand(),
                        new LogitStatsCommand(),
                        new EnrichmentCommand(),
                        new GeometryCommand(),
                        new TextCommand(),
                        new AblateCommand(),
                        new AblatedTextCommand(),
                        new EffectCommand(),
                        new SteerCommand(),
                        new DoseCommand(),
                        new PatchCommand(),
                        new AttributeCommand(),
                        new EdgesCommand(),
                        new CircuitCommand(),
                        new DreamCommand(),
                        new IndexCommand(),
                        new CacheCommand(),
                        new FeatureCommand(),
                        new FeaturesCommand(),
                        new LabelsCommand(),
                        new SearchCommand(),
                        new EvaluateCommand(),
                        new AuditCommand(),
                        new CompareCommand(),
                        new SaveCommand(),
                        new SessionsCommand(),
                        new ChartCommand(),
                        new BenchCommand(),
                        new TourCommand(),
                        new TrainSampleCommand(),
                        new DoctorCommand()));
    }

    private static PrintStream utf8(FileDescriptor descriptor) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor), 1 << 13), true, StandardCharsets.UTF_8);
    }
}

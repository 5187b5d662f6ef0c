package loupe.app.geometry;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import loupe.analysis.lens.TokenSet;
import loupe.analysis.lens.TokenSetFile;
import loupe.analysis.lens.TokenSets;
import loupe.app.cli.CommandContext;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.inference.OpenModel;
import picocli.CommandLine.Option;

/** The option that says which sets of tokens are meant. */
public final class SetOptions {
    @Option(
            names = "--sets",
            split = ",",
            paramLabel = "SET",
            description = "JSON files of own sets, each {\"name\": [ids or words]}, and names of built-in ones: those "
                    + "that the result lists (default: all built-in ones).")
    private List<String> wanted = List.of();

    /** The built-in sets that have members in a model's vocabulary; none if it has no tokenizer. */
    public static List<TokenSet> builtIn(CommandContext context, OpenModel model) {
        return model.tokenizer().isEmpty()
                ? List.of()
                : TokenSets.of(
                        model.config().vocabularySize(), id -> ModelOptions.text(model, id), context.cancellation());
    }

    /**
     * The sets that are asked for.
     *
     * @param model whose tokens have texts; empty if ids are all there is
     * @param tokens how many ids there are
     * @throws UsageException if one is neither a file nor built in, or there is none
     */
    public List<TokenSet> sets(CommandContext context, Optional<OpenModel> model, int tokens) {
        List<TokenSet> all = model.map(opened -> builtIn(context, opened)).orElse(List.of());
        List<TokenSet> sets = new ArrayList<>(wanted.isEmpty() ? all : List.of());
        for (String name : wanted) {
            Optional<TokenSet> built =
                    all.stream().filter(set -> set.name().equals(name)).findFirst();
            if (built.isPresent()) {
                sets.add(built.get());
            } else if (TokenSets.names().contains(name)) {
                throw new UsageException("--sets: no token of this vocabulary is in " + name
                        + ", or no token has a text; leave it out or give a file of ids");
            } else if (Files.exists(Path.of(name))) {
                sets.addAll(TokenSetFile.read(
                        Path.of(name),
                        tokens,
                        model.filter(opened -> opened.tokenizer().isPresent())
                                .map(opened -> id -> ModelOptions.text(opened, id))));
            } else {
                throw new UsageException("--sets: " + name + " is no file and no built-in set; those are " + some(all));
            }
        }
        if (sets.isEmpty()) {
            throw new UsageException("There are no sets of tokens without texts; give --sets F.json with ids");
        }
        return List.copyOf(sets);
    }

    private static String some(List<TokenSet> sets) {
        List<String> names = (sets.isEmpty()
                ? TokenSets.names()
                : sets.stream().map(TokenSet::name).toList());
        return String.join(", ", names.subList(0, Math.min(8, names.size()))) + " and others";
    }
}

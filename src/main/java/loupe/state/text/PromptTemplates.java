package loupe.state.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleObjectProperty;
import loupe.state.window.UndoOrder;
import loupe.state.window.ValueHistory;

/** The library of prompts: those that come with the program, and those that the user has kept. JavaFX thread only. */
public final class PromptTemplates {
    private static final int LONGEST_NAME = 60;
    private static final int LONGEST_PROMPT = 20_000;
    private static final String KEY = "prompt.template.";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObjectProperty<PromptPair> pair;
    private final ObjectProperty<List<PromptTemplate>> own = new SimpleObjectProperty<>(this, "own", List.of());
    private final ReadOnlyObjectWrapper<List<PromptTemplate>> all =
            new ReadOnlyObjectWrapper<>(this, "all", PromptTemplate.BUILT_IN);

    /**
     * @param pair what is typed; choosing a template sets it
     * @param undo takes back what is kept and deleted
     */
    PromptTemplates(ObjectProperty<PromptPair> pair, UndoOrder undo) {
        this.pair = pair;
        own.addListener((property, was, is) -> all.set(
                Stream.concat(PromptTemplate.BUILT_IN.stream(), is.stream()).toList()));
        ValueHistory.keep(
                undo,
                own,
                own::set,
                (was, is) -> is.size() < was.size() ? "deleting a template" : "keeping a template");
    }

    /** All of them, the user's own last, by name. */
    public ReadOnlyObjectProperty<List<PromptTemplate>> all() {
        return all.getReadOnlyProperty();
    }

    /** The one that what is typed is; empty if it is none. */
    public Optional<PromptTemplate> chosen() {
        return all.get().stream()
                .filter(template -> template.pair().equals(pair.get()))
                .findFirst();
    }

    /** Fills prompts and answers. */
    public void choose(PromptTemplate template) {
        pair.set(template.pair());
    }

    /**
     * Keeps what is typed under a name, in place of what the user had kept under it.
     *
     * @throws IllegalArgumentException if the name cannot be used, or nothing or too much is typed; says why
     */
    public void keep(String name) {
        String given = name.strip();
        if (given.isEmpty() || given.length() > LONGEST_NAME) {
            throw new IllegalArgumentException(
                    "the name has " + given.length() + " letters, expected 1 to " + LONGEST_NAME);
        }
        if (PromptTemplate.BUILT_IN.stream().anyMatch(one -> one.name().equals(given))) {
            throw new IllegalArgumentException(given + " comes with the program; choose another name");
        }
        PromptPair typed = pair.get();
        if (typed.clean().isEmpty() || typed.clean().length() + typed.corrupt().length() > LONGEST_PROMPT) {
            throw new IllegalArgumentException(
                    typed.clean().isEmpty()
                            ? "there is no clean prompt to keep"
                            : "the prompts are longer than " + LONGEST_PROMPT + " characters");
        }
        put(new PromptTemplate(given, typed, true));
    }

    /** Deletes one of the user's own. */
    public void delete(PromptTemplate template) {
        own.set(own.get().stream().filter(one -> !one.equals(template)).toList());
    }

    private void put(PromptTemplate template) {
        List<PromptTemplate> now = new ArrayList<>(own.get());
        now.removeIf(one -> one.name().equals(template.name()));
        now.add(template);
        now.sort(java.util.Comparator.comparing(PromptTemplate::name, String.CASE_INSENSITIVE_ORDER)
                .thenComparing(PromptTemplate::name));
        own.set(List.copyOf(now));
    }

    /** What a session keeps. */
    Map<String, String> remembered() {
        Map<String, String> kept = new TreeMap<>();
        for (PromptTemplate one : own.get()) {
            try {
                kept.put(KEY + one.name(), JSON.writeValueAsString(one.pair().texts()));
            } catch (JsonProcessingException e) {
                throw new UncheckedIOException(e);
            }
        }
        return kept;
    }

    /** Adds what a session kept, so that another session does not take away what has been kept meanwhile. */
    void recall(Map<String, String> kept) {
        kept.forEach((key, value) -> {
            if (key.startsWith(KEY)) {
                try {
                    PromptPair.of(JSON.readValue(value, String[].class))
                            .ifPresent(pair -> put(new PromptTemplate(key.substring(KEY.length()), pair, true)));
                } catch (JsonProcessingException notUnderstood) {
                    // edited by hand: it is left out
                }
            }
        });
    }
}

package loupe.state.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import loupe.state.Opened;
import loupe.state.window.UndoOrder;
import org.junit.jupiter.api.Test;

class PromptTemplatesTest {
    private static final PromptPair TYPED = new PromptPair("a b", "a c", " d", " e");

    private final UndoOrder undo = new UndoOrder();
    private final PromptModel prompt = new PromptModel(new Opened().workbench, undo);
    private final PromptTemplates templates = prompt.templates();

    @Test
    void aKnownTaskFillsBothPromptsAndTheAnswers() {
        PromptTemplate known = PromptTemplate.BUILT_IN.get(0);
        templates.choose(known);
        assertThat(prompt.pair().get().clean()).contains("Mary");
        assertThat(prompt.pair().get().answer()).isEqualTo(" Mary");
        assertThat(templates.chosen()).contains(known);
        prompt.pair().set(prompt.pair().get().withAnswer(""));
        assertThat(templates.chosen()).isEmpty();
    }

    @Test
    void whatIsKeptUnderANameComesBackWithAnotherSessionAndCanBeDeleted() {
        prompt.pair().set(TYPED);
        templates.keep(" mine ");
        Map<String, String> kept = prompt.remembered();

        PromptModel other = new PromptModel(new Opened().workbench, new UndoOrder());
        other.recall(kept);
        PromptTemplate mine = new PromptTemplate("mine", TYPED, true);
        assertThat(other.templates().all().get()).endsWith(mine).hasSize(PromptTemplate.BUILT_IN.size() + 1);
        other.templates().delete(mine);
        assertThat(other.templates().all().get()).isEqualTo(PromptTemplate.BUILT_IN);
    }

    @Test
    void aDeletedTemplateIsBroughtBackByUndo() {
        prompt.pair().set(TYPED);
        templates.keep("mine");
        undo.clear();
        templates.delete(templates.chosen().orElseThrow());
        assertThat(undo.undoable()).contains("deleting a template");
        undo.undo();
        assertThat(templates.chosen()).map(PromptTemplate::name).contains("mine");
    }

    @Test
    void aNameThatCannotBeUsedIsRefused() {
        assertThatThrownBy(() -> templates.keep("mine")).hasMessageContaining("no clean prompt");
        prompt.pair().set(TYPED);
        assertThatThrownBy(() -> templates.keep("  ")).hasMessageContaining("expected 1 to 60");
        assertThatThrownBy(() -> templates.keep("Factual recall")).hasMessageContaining("comes with the program");
    }

    @Test
    void aDamagedEntryOfASessionIsLeftOut() {
        prompt.recall(Map.of("prompt.template.x", "{", "prompt.template.y", "[\"one\"]"));
        assertThat(templates.all().get()).isEqualTo(PromptTemplate.BUILT_IN);
    }
}

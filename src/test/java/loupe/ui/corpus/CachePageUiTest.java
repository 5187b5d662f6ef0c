package loupe.ui.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javafx.scene.Parent;
import javafx.scene.control.ButtonBase;
import javafx.scene.control.Label;
import javafx.scene.layout.StackPane;
import loupe.index.DocumentPacking;
import loupe.index.IndexCache;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.corpus.CorpusSettings;
import loupe.state.corpus.KeptIndexes;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachePageUiTest extends UiTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private PlantedCorpus corpus;
    private KeptIndexes kept;

    @Override
    protected Parent build() {
        corpus = new PlantedCorpus(opened, folder);
        kept = new KeptIndexes(opened.workbench, corpus.statistics());
        opened.openA();
        corpus.count();
        corpus.statistics().settings().set(CorpusSettings.DEFAULT.with(DocumentPacking.PACKED));
        return new StackPane(new CachePage(kept, corpus.statistics(), () -> {}).node());
    }

    private String text(String id) {
        return onFx(() -> lookup(id).<Label>query().getText());
    }

    private void press(String id) {
        onFx(() -> lookup(id).<ButtonBase>query().fire());
    }

    private List<IndexCache.Kept> all() {
        return onFx(() -> kept.all().get());
    }

    private IndexCache.Kept one(boolean inUse) {
        return all().stream().filter(one -> one.inUse() == inUse).findFirst().orElseThrow();
    }

    @Test
    void oneThatIsNotInUseIsDeletedAfterAQuestionInItsRow() {
        assertThat(text("#cache-sum")).startsWith("2 indexes, ");
        assertThat(onFx(() ->
                        lookup("#cache-delete-" + one(true).name()).query().isDisabled()))
                .isTrue();
        String unused = "#cache-delete-" + one(false).name();
        press(unused);
        assertThat(all()).as("asked first").hasSize(2);
        press("#cache-no");
        assertThat(onFx(() -> lookup("#cache-yes").tryQuery().isPresent())).isFalse();
        press(unused);
        press("#cache-yes");
        assertThat(all()).hasSize(1);
        assertThat(text("#cache-sum")).startsWith("1 index, ");
    }

    @Test
    void aDamagedOneOfWhatIsOpenIsBuiltAnewWithOneClick() throws IOException {
        IndexCache.Kept used = one(true);
        Files.delete(used.folder().resolve("sae/by-token.bin"));
        onFx(() -> kept.look());
        assertThat(one(true).state()).isEqualTo(IndexCache.State.DAMAGED);
        press("#cache-anew-" + used.name());
        onFx(() -> kept.look());
        assertThat(one(true).state()).isEqualTo(IndexCache.State.COMPLETE);
        assertThat(onFx(() -> lookup("#cache-anew-" + used.name()).tryQuery().isPresent()))
                .isFalse();
    }

    @Test
    void whereNothingIsOldTheButtonForItIsOff() {
        assertThat(onFx(() -> lookup("#cache-old").query().isDisabled())).isTrue();
    }
}

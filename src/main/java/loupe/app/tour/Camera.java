package loupe.app.tour;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import javafx.embed.swing.SwingFXUtils;
import javafx.scene.image.WritableImage;
import javax.imageio.ImageIO;
import loupe.app.cli.CommandContext;
import loupe.app.tour.TourCommand.LeftOut;
import loupe.app.window.Toolkit;
import loupe.app.window.WorkbenchApp;
import loupe.state.window.Look;

/**
 * Takes pictures of the workbench once it is quiet, and keeps account of those that could not be taken. One thread, not
 * JavaFX's.
 */
final class Camera {
    static final long PICTURE_MILLIS = 120_000;

    private static final double PICTURES = 125;
    private static final long POLL_MILLIS = 40;
    /** After so many pictures in a row that did not fill, nothing more is waited for. */
    private static final int SLOW_IN_A_ROW = 3;

    private static final long SETTLE_MILLIS = 400;

    private final CommandContext context;
    private final WorkbenchApp app;
    private final Path out;
    private final String only;
    private final BooleanSupplier quiet;
    private final Function<Need, Optional<String>> lack;
    private final List<String> pictures = new ArrayList<>();
    private final List<LeftOut> leftOut = new ArrayList<>();
    private int slow;

    /** What must be there for a picture. */
    enum Need {
        CHECKPOINT,
        COUNTS,
        EXAMPLE,
        BOTH
    }

    /**
     * @param only part of the names of the pictures wanted; empty for all
     * @param quiet whether no pane computes anything; asked on the JavaFX thread
     * @param lack a sentence about what a picture needs and there is not; empty if nothing is missing
     */
    Camera(
            CommandContext context,
            WorkbenchApp app,
            Path out,
            String only,
            BooleanSupplier quiet,
            Function<Need, Optional<String>> lack) {
        this.context = context;
        this.app = app;
        this.out = out;
        this.only = only;
        this.quiet = quiet;
        this.lack = lack;
    }

    /** The names of the pictures taken, in order. */
    List<String> pictures() {
        return List.copyOf(pictures);
    }

    /** The pictures that could not be taken, in order. */
    List<LeftOut> leftOut() {
        return List.copyOf(leftOut);
    }

    /** Waits until no computation runs and the window has been drawn again; false if that did not come in time. */
    boolean settle() {
        return settle(quiet);
    }

    void one(String name, Runnable before, Runnable after) {
        one(Need.CHECKPOINT, name, before, after);
    }

    void one(Need need, String name, Runnable before, Runnable after) {
        if (isWanted(name) && has(need, name)) {
            Toolkit.run(before);
            takeOnceFilled(name, () -> take(name));
            Toolkit.run(after);
            settle();
        }
    }

    void both(String name) {
        both(name, () -> {}, () -> {});
    }

    void both(String name, Runnable before, Runnable after) {
        both(Need.CHECKPOINT, name, before, after);
    }

    void both(Need need, String name, Runnable before, Runnable after) {
        if (isWanted(name) && has(need, name)) {
            Toolkit.run(before);
            takeOnceFilled(name, () -> {
                for (Look look : Look.values()) {
                    Toolkit.run(() -> app.models().look().set(look));
                    settle(() -> true);
                    take(name + "-" + look.key());
                }
                Toolkit.run(() -> app.models().look().set(Look.LIGHT));
            });
            Toolkit.run(after);
            settle(() -> true);
        }
    }

    boolean isWanted(String name) {
        return name.contains(only);
    }

    boolean has(Need need, String name) {
        Optional<String> missing = slow >= SLOW_IN_A_ROW
                ? Optional.of(SLOW_IN_A_ROW + " pictures before it did not fill either, and it was not waited for")
                : lack.apply(need);
        missing.ifPresent(why -> leaveOut(name, why));
        return missing.isEmpty();
    }

    private void leaveOut(String name, String why) {
        leftOut.add(new LeftOut(name, why));
        context.progress().printLine(name + " is left out: " + why);
    }

    private void takeOnceFilled(String name, Runnable taking) {
        if (settle()) {
            slow = 0;
            taking.run();
        } else {
            slow++;
            leaveOut(name, "Its panes were not filled after " + PICTURE_MILLIS / 1000 + " seconds");
        }
    }

    /**
     * Waits until no computation runs and the window has been drawn again.
     *
     * @return whether that came in time
     */
    boolean settle(BooleanSupplier quiet) {
        BooleanSupplier still = () -> quiet.getAsBoolean() && app.view().isArranged();
        if (!until("the panes to fill", PICTURE_MILLIS, still)) {
            return false;
        }
        pause(SETTLE_MILLIS);
        return until("the panes to fill", PICTURE_MILLIS, still);
    }

    boolean until(String what, long mostMillis, BooleanSupplier done) {
        long patience = System.currentTimeMillis() + (slow < SLOW_IN_A_ROW ? mostMillis : 0);
        while (!Toolkit.call(done::getAsBoolean)) {
            context.cancellation().check();
            if (System.currentTimeMillis() > patience) {
                return false;
            }
            context.progress().show(Math.min(1, pictures.size() / PICTURES), "waiting for " + what);
            pause(POLL_MILLIS);
        }
        return true;
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void take(String name) {
        if (!isWanted(name)) {
            return;
        }
        String file = String.format(Locale.ROOT, "%02d-%s.png", pictures.size() + 1, name);
        BufferedImage picture = Toolkit.call(() -> {
            WritableImage image = app.view().scene().snapshot(null);
            return SwingFXUtils.fromFXImage(image, null);
        });
        BufferedImage opaque = new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB);
        opaque.createGraphics().drawImage(picture, 0, 0, null);
        try {
            ImageIO.write(opaque, "png", out.resolve(file).toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        pictures.add(file);
        context.progress().show(Math.min(1, pictures.size() / PICTURES));
    }
}

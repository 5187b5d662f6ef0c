package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import loupe.app.cli.ExitCode;
import loupe.base.Remedy;
import loupe.format.SafetensorsWriter;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.TensorRoles;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Home-made files, read by what the user says their tensors are. One autoencoder of 2 dimensions and 3 features, stored
 * in every way round; worked by hand for x = (1, 2): with E = (1 0 2; 0 1 -1), b = (0, -1, .5) the pre-activations are
 * (1, 1, .5); with D = (1 0; 0 1; 1 1), c = (.5, 0) the reconstruction of all three is (2, 1.5).
 */
class NamedTensorsTest {
    private static final float[] ENCODER = {1, 0, 2, 0, 1, -1};
    private static final float[] ENCODER_TURNED = {1, 0, 0, 1, 2, -1};
    private static final float[] DECODER = {1, 0, 0, 1, 1, 1};
    private static final float[] DECODER_TURNED = {1, 0, 1, 0, 1, 1};
    private static final String ALL = "encoder=enc.w,decoder=dec.w,encoder-bias=enc.b,decoder-bias=dec.b";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true", "true, true"})
    void theShapesSayWhichWayRoundTheMatricesLie(boolean encoderTurned, boolean decoderTurned) {
        requireAnswer(write(encoderTurned, decoderTurned), new float[] {1, 1, .5f}, new float[] {2, 1.5f}, ALL);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "encoder=enc.w,decoder=dec.w; 1, 2, 0; 1, 2",
                "encoder=enc.w,decoder=dec.w,decoder-bias=dec.b; 1, 2, 0; 1.5, 2",
                "encoder:columns=enc.w,decoder:rows=dec.w,encoder-bias=enc.b; 1, 1, 0.5; 1.5, 1.5",
            })
    void biasesMayBeMissing(String tensors, String features, String reconstruction) {
        requireAnswer(write(false, false), floats(features), floats(reconstruction), tensors);
    }

    @Test
    void theRestOfTheMathematicsIsChosenAsForOtherFormats() {
        Path file = write(false, false);

        requireAnswer(file, new float[] {1, 1, 0}, new float[] {1.5f, 1}, ALL, "--k", "2");
        // (1 - .5, 2) E + b = (.5, 1, -.5)
        requireAnswer(file, new float[] {.5f, 1, 0}, new float[] {1, 1}, ALL, "--subtract-b-dec");
        // thresholds (.9, 1, .4): 1 is not above 1
        requireAnswer(file, new float[] {1, 0, .5f}, new float[] {2, .5f}, ALL + ",threshold=theta");
    }

    @Test
    void oneMatrixMayBeEncoderAndDecoder() {
        Path file = folder.resolve("tied.safetensors");
        new SafetensorsWriter().add("w", new HostTensor(DECODER, 3, 2)).write(file);

        requireAnswer(file, new float[] {1, 2, 3}, new float[] {4, 5}, "encoder=w,decoder=w");
    }

    @Test
    void aSquareMatrixNeedsToBeSaid() {
        Path file = folder.resolve("square.safetensors");
        new SafetensorsWriter()
                .add("enc.w", new HostTensor(new float[] {1, 2, 0, 1}, 2, 2))
                .add("dec.w", new HostTensor(new float[] {1, 0, 3, 1}, 2, 2))
                .write(file);

        CommandRun refused = encode(file, "encoder=enc.w,decoder=dec.w");
        assertThat(refused.code).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.err)
                .contains("enc.w is square, [2, 2]", "Give --tensors encoder:rows=enc.w,decoder=dec.w.")
                .hasSizeLessThan(300 + folder.toString().length());
        // (1 2; 0 1) (1, 2) = (5, 2); its columns: (1, 4)
        requireAnswer(file, new float[] {5, 2}, new float[] {11, 2}, "encoder:rows=enc.w,decoder:rows=dec.w");
        requireAnswer(file, new float[] {1, 4}, new float[] {1, 7}, "encoder:columns=enc.w,decoder:columns=dec.w");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "2; encoder=enc.w; at least an encoder and a decoder",
                "2; encoder=enc.w,decoder; names no tensor",
                "2; encoder=enc.w,decoder=dec.w,gate=x; names no tensor",
                "2; encoder:T=enc.w,decoder=dec.w; rows or columns",
                "2; encoder=enc.w,encoder=enc.w,decoder=dec.w; given twice",
                "3; encoder=none,decoder=dec.w; there is no tensor none in it",
                "3; encoder=enc.b,decoder=dec.w; a matrix of two axes",
                "3; encoder=enc.w,decoder=dec.w,encoder-bias=enc.b,decoder-bias=enc.b; instead of",
            })
    void rolesThatCannotBeAreRefused(int code, String tensors, String message) {
        CommandRun refused = encode(write(false, false), tensors);

        assertThat(refused.err).contains(message).doesNotContain("Internal error");
        assertThat(refused.code).isEqualTo(code);
    }

    @Test
    void theRolesAreProposedFromShapesAndNames() {
        Path file = write(true, false);

        CommandRun refused = CommandRun.of("encode", "--sae", file, "--input", input());
        assertThat(refused.err).contains("Give --tensors " + ALL + ",threshold=theta.");
        assertThat(refused.err.replace(folder.toString(), "")).hasSizeLessThan(300);
        TensorRoles.Choices choices = TensorRoles.of(file);
        assertThat(choices.choices().get(TensorRoles.Role.DECODER)).containsExactly("enc.w", "dec.w");
        assertThat(choices.choices().get(TensorRoles.Role.THRESHOLD)).containsExactly("enc.b", "dec.b", "theta");
        assertThat(choices.likely().map(TensorRoles::text))
                .contains(TensorRoles.parse(ALL + ",threshold=theta").text());
    }

    @Test
    void inspectDescribesWhatTheRolesMake() {
        JsonNode inspected = CommandRun.json("inspect", write(false, false), "--tensors", ALL);

        assertThat(inspected.path("sae").path("dSae").asInt()).isEqualTo(3);
        assertThat(inspected.path("sae").path("activation").asText()).isEqualTo("relu");
        assertThat(inspected.path("warnings").toString()).contains("Nothing says which activation function it has");
    }

    @Test
    void theRolesAreKeptAsText() {
        TensorRoles roles = TensorRoles.parse("decoder:rows=a.b, encoder = c,threshold=t");

        assertThat(roles.text()).isEqualTo("encoder=c,decoder:rows=a.b,threshold=t");
        assertThat(TensorRoles.parse(roles.text())).isEqualTo(roles);
        SaeOptions options = SaeOptions.AS_STORED.with(Remedy.Choice.TENSORS, roles.text());
        assertThat(options.tensors()).contains(roles);
        assertThat(options.with(Remedy.Choice.TENSORS, "").tensors()).isEmpty();
    }

    @Test
    void namesMayBeThoseInsideAWrapper() {
        Path file = folder.resolve("wrapped.safetensors");
        new SafetensorsWriter()
                .add("module.enc.w", new HostTensor(ENCODER, 2, 3))
                .add("module.dec.w", new HostTensor(DECODER, 3, 2))
                .write(file);

        for (String tensors :
                new String[] {"encoder=enc.w,decoder=dec.w", "encoder=module.enc.w,decoder=module.dec.w"}) {
            assertThat(SaeFile.read(file, SaeOptions.AS_STORED.with(Remedy.Choice.TENSORS, tensors))
                            .dSae())
                    .isEqualTo(3);
        }
    }

    private Path write(boolean encoderTurned, boolean decoderTurned) {
        Path file = folder.resolve("mine.safetensors");
        new SafetensorsWriter()
                .add("enc.w", encoderTurned ? new HostTensor(ENCODER_TURNED, 3, 2) : new HostTensor(ENCODER, 2, 3))
                .add("enc.b", new HostTensor(new float[] {0, -1, .5f}, 3))
                .add("dec.w", decoderTurned ? new HostTensor(DECODER_TURNED, 2, 3) : new HostTensor(DECODER, 3, 2))
                .add("dec.b", new HostTensor(new float[] {.5f, 0}, 2))
                .add("theta", new HostTensor(new float[] {.9f, 1, .4f}, 3))
                .write(file);
        return file;
    }

    private String input() {
        Path file = folder.resolve("input.safetensors");
        new SafetensorsWriter()
                .add("x", new HostTensor(new float[] {1, 2}, 1, 2))
                .write(file);
        return file + ":x";
    }

    private CommandRun encode(Path file, String tensors, Object... more) {
        return CommandRun.of(Stream.concat(
                        Stream.of(
                                "encode",
                                "--sae",
                                file,
                                "--input",
                                input(),
                                "--out",
                                folder.resolve("out.safetensors"),
                                "--tensors",
                                tensors),
                        Arrays.stream(more))
                .toArray());
    }

    private void requireAnswer(Path file, float[] features, float[] reconstruction, String tensors, Object... more) {
        CommandRun done = encode(file, tensors, more);
        assertThat(done.code).as(done.err).isZero();
        assertThat(CommandRun.read(folder.resolve("out.safetensors"), "features")
                        .data())
                .containsExactly(features, within(1e-6f));
        assertThat(CommandRun.read(folder.resolve("out.safetensors"), "x_hat").data())
                .containsExactly(reconstruction, within(1e-6f));
    }

    private static float[] floats(String text) {
        String[] parts = text.split(",");
        float[] floats = new float[parts.length];
        for (int i = 0; i < parts.length; i++) {
            floats[i] = Float.parseFloat(parts[i].strip());
        }
        return floats;
    }
}

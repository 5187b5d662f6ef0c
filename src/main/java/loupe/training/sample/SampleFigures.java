package loupe.training.sample;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.analysis.compare.SaeEvaluation;
import org.jspecify.annotations.Nullable;

/**
 * How good a sample is.
 *
 * @param heldOutTokens tokens of definitions that were kept from the language model
 * @param heldOutLoss the model's mean cross entropy on them, in nats per token
 * @param bigramLoss that of a model of word pairs
 * @param recognisable fraction of the definitions the model writes that are recognisable as the dictionary's
 * @param autoencoders by file name; null if only the language model was measured, as the next
 * @param seconds that each part took to build
 */
@JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SampleFigures(
        long heldOutTokens,
        double heldOutLoss,
        double bigramLoss,
        double recognisable,
        @Nullable Map<String, Autoencoder> autoencoders,
        @Nullable Map<String, Double> seconds) {
    /** The figures of a whole sample. */
    static SampleFigures of(
            DefinitionQuality quality, Map<String, SaeEvaluation.Answer> measured, Map<String, Double> seconds) {
        Map<String, Autoencoder> autoencoders = new LinkedHashMap<>();
        measured.forEach((name, answer) -> autoencoders.put(name, Autoencoder.of(answer)));
        return new SampleFigures(
                quality.loss().tokens(),
                quality.loss().model(),
                quality.loss().bigram(),
                quality.recognisableShare(),
                autoencoders,
                seconds);
    }

    /** The figures of the language model alone. */
    static SampleFigures of(DefinitionQuality quality) {
        return new SampleFigures(
                quality.loss().tokens(),
                quality.loss().model(),
                quality.loss().bigram(),
                quality.recognisableShare(),
                null,
                null);
    }

    /**
     * How good an autoencoder is.
     *
     * @param l0 mean number of active features at a token
     * @param fve fraction of variance explained
     * @param ceRecovered fraction of the loss by zeros that the reconstruction avoids
     * @param dead fraction of the features that were never active
     * @param tokens it was measured on
     */
    @JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
    public record Autoencoder(double l0, double fve, double ceRecovered, double dead, long tokens) {
        private static Autoencoder of(SaeEvaluation.Answer answer) {
            return new Autoencoder(
                    answer.metrics().l0(),
                    answer.metrics().fve(),
                    answer.ceRecovered(),
                    1 - answer.metrics().alive(),
                    answer.tokens());
        }
    }
}

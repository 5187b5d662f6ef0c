package loupe.app;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;

/** Results as JSON. There is no NaN and no infinity in JSON: such numbers are written as null. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper().registerModule(new SimpleModule()
            .addSerializer(Double.class, new Finite<>())
            .addSerializer(Float.class, new Finite<>())
            .addSerializer(double[].class, new FiniteDoubles())
            .addSerializer(float[].class, new FiniteFloats()));

    private Json() {}

    /** One line. */
    static String write(Object result) {
        try {
            return MAPPER.writeValueAsString(result);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a result has no JSON form: " + e.getOriginalMessage(), e);
        }
    }

    private static final class Finite<N extends Number> extends JsonSerializer<N> {
        @Override
        public void serialize(N value, JsonGenerator json, SerializerProvider serializers) throws IOException {
            if (!Double.isFinite(value.doubleValue())) {
                json.writeNull();
            } else if (value instanceof Float) {
                json.writeNumber(value.floatValue());
            } else {
                json.writeNumber(value.doubleValue());
            }
        }
    }

    private static final class FiniteDoubles extends JsonSerializer<double[]> {
        @Override
        public void serialize(double[] values, JsonGenerator json, SerializerProvider serializers) throws IOException {
            json.writeStartArray();
            for (double value : values) {
                if (Double.isFinite(value)) {
                    json.writeNumber(value);
                } else {
                    json.writeNull();
                }
            }
            json.writeEndArray();
        }
    }

    private static final class FiniteFloats extends JsonSerializer<float[]> {
        @Override
        public void serialize(float[] values, JsonGenerator json, SerializerProvider serializers) throws IOException {
            json.writeStartArray();
            for (float value : values) {
                if (Float.isFinite(value)) {
                    json.writeNumber(value);
                } else {
                    json.writeNull();
                }
            }
            json.writeEndArray();
        }
    }
}

package loupe.format;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.tensor.DType;

/**
 * The JSON header of a safetensors file, checked entry by entry; whether the entries fit together is for
 * {@link SafetensorsFile}.
 */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, Object> metadata) {
    private static final int MAX_RANK = 64;

    /** @param begin,end byte positions in the data buffer */
    record Entry(String name, DType dtype, List<Long> shape, long begin, long end) {}

    /** Reads the header token by token, so that a hostile one costs no more memory than the file has bytes. */
    static SafetensorsHeader read(PositionalFile file, java.nio.ByteBuffer json) {
        return new StrictJson(file.path(), "the header").read(json, parser -> new Reading(file, parser).header());
    }

    private static final class Reading {
        private final PositionalFile file;
        private final JsonParser parser;

        Reading(PositionalFile file, JsonParser parser) {
            this.file = file;
            this.parser = parser;
        }

        SafetensorsHeader header() throws IOException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw refuse("the header must be an object and is " + what(), "a JSON object");
            }
            Map<String, Entry> entries = new LinkedHashMap<>();
            Map<String, Object> metadata = new LinkedHashMap<>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                if (name.equals("__metadata__")) {
                    metadata(metadata);
                } else {
                    entries.put(name, entry(name));
                }
            }
            return new SafetensorsHeader(entries, metadata);
        }

        private void metadata(Map<String, Object> metadata) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw refuse("__metadata__ must be an object of strings and is " + what(), "an object of strings");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                if (parser.nextToken() != JsonToken.VALUE_STRING) {
                    throw refuse(
                            "__metadata__ must map strings to strings, and its entry " + key + " is " + what(),
                            "a string");
                }
                metadata.put(key, parser.getText());
            }
        }

        private Entry entry(String tensor) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw refuse(
                        "the entry of tensor " + tensor + " is " + what(),
                        "an object with dtype, shape and data_offsets");
            }
            DType dtype = null;
            List<Long> shape = null;
            List<Long> offsets = null;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                parser.nextToken();
                switch (key) {
                    case "dtype" -> dtype = dtype(tensor);
                    case "shape" -> shape = naturals("shape of tensor " + tensor, MAX_RANK);
                    case "data_offsets" -> offsets = naturals("offsets of tensor " + tensor, 2);
                    default ->
                        throw refuse(
                                "the entry of tensor " + tensor + " has an unknown key " + key,
                                "dtype, shape and data_offsets");
                }
            }
            if (dtype == null || shape == null || offsets == null) {
                throw refuse(
                        "the entry of tensor " + tensor + " lacks "
                                + (dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets"),
                        "dtype, shape and data_offsets");
            }
            if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
                throw refuse("bad offsets of tensor " + tensor + ": " + offsets, "[begin, end] with begin <= end");
            }
            return new Entry(tensor, dtype, List.copyOf(shape), offsets.get(0), offsets.get(1));
        }

        private DType dtype(String tensor) throws IOException {
            String name = parser.currentToken() == JsonToken.VALUE_STRING ? parser.getText() : what();
            for (DType dtype : DType.values()) {
                if (dtype.name().equals(name)) {
                    return dtype;
                }
            }
            throw file.refuse(
                    "unsupported dtype " + name + " of tensor " + tensor,
                    "one of " + List.of(DType.values()),
                    "Convert the file to float32, float16 or bfloat16 first");
        }

        private List<Long> naturals(String what, int atMost) throws IOException {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                throw refuse("bad " + what + ": it is " + what(), "a list of whole numbers, 0 or more");
            }
            List<Long> numbers = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || numbers.size() == atMost) {
                    throw refuse(
                            "bad " + what + ": it holds "
                                    + (numbers.size() == atMost ? "more than " + atMost + " numbers" : what()),
                            "a list of whole numbers, 0 or more");
                }
                BigInteger number = parser.getBigIntegerValue();
                if (number.signum() < 0 || number.bitLength() > 63) {
                    throw refuse("bad " + what + ": it holds " + number, "whole numbers from 0 to 2^63 - 1");
                }
                numbers.add(number.longValue());
            }
            return numbers;
        }

        private String what() throws IOException {
            JsonToken token = parser.currentToken();
            if (token == null) {
                return "empty";
            }
            return switch (token) {
                case START_OBJECT -> "an object";
                case START_ARRAY -> "a list";
                case VALUE_STRING -> "the string \"" + parser.getText() + "\"";
                default -> parser.getText();
            };
        }

        private RuntimeException refuse(String found, String expected) {
            return file.refuse(found, expected, "Download or export the file again");
        }
    }
}

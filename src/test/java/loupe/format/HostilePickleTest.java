package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles made to do harm or to confuse: format specification I.4 and I.6 rows 20 to 24 and 30 to 33. */
class HostilePickleTest {
    @TempDir
    private Path folder;

    private Path torch(byte[] pickle) throws IOException {
        return RawZip.torch(pickle).write(folder.resolve("ae.pt"));
    }

    private void refused(byte[] pickle, String... found) throws IOException {
        Refusal.ofFile(torch(pickle), found);
    }

    private TensorArchive open(byte[] pickle) throws IOException {
        return TensorArchives.open(torch(pickle));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "os.system",
                "posix.system",
                "nt.system",
                "subprocess.Popen",
                "subprocess.run",
                "subprocess.check_output",
                "builtins.eval",
                "builtins.exec",
                "builtins.compile",
                "builtins.open",
                "builtins.getattr",
                "builtins.__import__",
                "builtins.breakpoint",
                "__builtin__.apply",
                "__builtin__.eval",
                "functools.partial",
                "operator.attrgetter",
                "operator.methodcaller",
                "pkgutil.resolve_name",
                "importlib.import_module",
                "runpy._run_code",
                "code.InteractiveInterpreter.runcode",
                "timeit.timeit",
                "cProfile.run",
                "pdb.run",
                "types.CodeType",
                "types.FunctionType",
                "marshal.loads",
                "cloudpickle.cloudpickle._make_function",
                "idlelib.pyshell.main",
                "lib2to3.pgen2.pgen.generate_grammar",
                "pip.main",
                "pty.spawn",
                "uuid._get_command_stdout",
                "imaplib.IMAP4_stream",
                "test.support.script_helper.assert_python_ok",
                "torch.load",
                "torch.serialization.load",
                "torch.hub.load",
                "torch.jit.load",
                "torch._inductor.codecache.compile_file",
                "torch._dynamo.guards.GuardBuilder.get",
                "torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression",
                "torch.utils._config_module.ConfigModule.load_config",
                "torch.utils.collect_env.run",
                "numpy.f2py.crackfortran.getlincoef",
                "numpy.testing._private.utils.runstring",
                "joblib.load",
                "dill.loads",
                "pickle.loads",
                "numpy.load",
                "shutil.rmtree",
                "_io.FileIO",
                "logging.FileHandler",
                "distutils.file_util.write_file",
                "sqlite3.connect",
                "socket.create_connection",
                "ssl.get_server_certificate",
                "urllib.request.urlopen",
                "requests.api.get",
                "webbrowser.open",
                "ctypes.CDLL",
                "torch.nn.modules.linear.Linear",
                "torch._utils._rebuild_qtensor",
                "my_library.loading.load_model",
                "__main__.run"
            })
    void everyOtherNameIsRefusedByNameHoweverItIsSpelt(String name) throws IOException {
        int dot = name.lastIndexOf('.');
        String module = name.substring(0, dot);
        String last = name.substring(dot + 1);
        String[] found = {"refused", "wants to call " + name, "nothing was run"};
        refused(
                PickleBytes.protocol(2)
                        .global(module, last)
                        .text("touch /tmp/x")
                        .op(0x85, 'R')
                        .stop(),
                found);
        refused(
                PickleBytes.protocol(2)
                        .op('(')
                        .text("touch /tmp/x")
                        .ascii("i" + module + "\n" + last + "\n")
                        .stop(),
                found);
        refused(
                PickleBytes.protocol(4)
                        .text(module)
                        .op(0x94)
                        .op('0')
                        .text(last)
                        .op(0x94)
                        .op('0', 'h', 0, 'h', 1, 0x93, ')', 'R')
                        .stop(),
                found);
        refused(
                PickleBytes.protocol(4)
                        .op('}')
                        .text("x")
                        .text(module)
                        .text(last)
                        .op(0x93, 's')
                        .stop(),
                found);
    }

    @Test
    void aNestedPickleIsRefused() throws IOException {
        refused(
                PickleBytes.protocol(2)
                        .global("torch.storage", "_load_from_bytes")
                        .op('B', 1, 0, 0, 0, '.', 0x85, 'R')
                        .stop(),
                "refused",
                "nested pickle",
                "torch.storage._load_from_bytes");
    }

    @Test
    void aPayloadBeforeABrokenStreamIsRefusedForThePayload() throws IOException {
        refused(
                PickleBytes.protocol(2)
                        .global("posix", "system")
                        .text("id")
                        .op(0x85, 'R')
                        .bytes(),
                "wants to call posix.system");
        refused(
                PickleBytes.protocol(2)
                        .global("posix", "system")
                        .text("id")
                        .op(0x85, 'R', 0xFF)
                        .bytes(),
                "wants to call posix.system");
    }

    @Test
    void dottedNamesDoNotReachAnAttribute() throws IOException {
        refused(
                PickleBytes.protocol(4)
                        .text("builtins")
                        .text("set.__class__")
                        .op(0x93)
                        .stop(),
                "wants to call builtins.set.__class__");
        refused(
                PickleBytes.protocol(4)
                        .text("dictionary_learning")
                        .text("os.system")
                        .op(0x93)
                        .op(')', 'R', ')', 'R')
                        .stop(),
                "refused",
                "nothing was run");
    }

    @Test
    void aKnownNameIsNotCallableAsSomethingElse() throws IOException {
        refused(
                PickleBytes.protocol(2)
                        .global("torch", "FloatStorage")
                        .op(')', 'R')
                        .stop(),
                "malformed",
                "torch.FloatStorage");
        refused(PickleBytes.protocol(2).op('}', ')', 'R').stop(), "refused", "not a plain name");
        refused(
                PickleBytes.protocol(2)
                        .global("argparse", "Namespace")
                        .op(')', 0x81, ')', 'R')
                        .stop(),
                "refused",
                "not a plain name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_tensor", "_rebuild_parameter"})
    void rebuildingWithTheWrongArgumentsIsMalformed(String function) throws IOException {
        refused(
                PickleBytes.protocol(2)
                        .global("torch._utils", function)
                        .op(')', 'R')
                        .stop(),
                "malformed");
        refused(
                PickleBytes.protocol(2)
                        .global("torch._utils", function)
                        .op('(', 'N', 'N', 'N', 'N', 'N', 'N', 'N', 't', 'R')
                        .stop(),
                "malformed");
        refused(
                PickleBytes.protocol(2)
                        .global("torch._utils", function)
                        .op('(', ']', ']', ']', ']', ']', ']', ']', 't', 'R')
                        .stop(),
                "malformed");
    }

    @Test
    void theExtensionRegistryAndOutOfBandBuffersAreRefused() throws IOException {
        refused(PickleBytes.protocol(2).op(0x82, 1).stop(), "refused", "extension registry");
        refused(PickleBytes.protocol(5).op(0x97).stop(), "malformed", "0x97");
        refused(PickleBytes.protocol(2).ascii("Pstorage\n").stop(), "bad storage reference");
    }

    @Test
    void billionLaughsAreTooLarge() throws IOException {
        PickleBytes tuples = PickleBytes.protocol(2).text("ha");
        PickleBytes lists = PickleBytes.protocol(2).text("ha");
        for (int i = 0; i < 90; i++) {
            tuples.op('2', '2').op(0x87);
            lists.op('q', 0, '0', '(', 'h', 0, 'h', 0, 'l');
        }
        refused(tuples.stop(), "too large or too deep");
        refused(lists.stop(), "too large or too deep");
    }

    @Test
    void deepAndSelfReferringStructuresAreTooDeep() throws IOException {
        PickleBytes deep = PickleBytes.protocol(2).op(')');
        for (int i = 0; i < 500_000; i++) {
            deep.op(0x85);
        }
        refused(deep.stop(), "too deep");
        refused(PickleBytes.protocol(2).op(']', 'q', 0, 'h', 0, 'a').stop(), "too deep");
        refused(
                PickleBytes.protocol(2)
                        .op('}', 'q', 0)
                        .text("self")
                        .op('h', 0, 's')
                        .stop(),
                "too deep");
    }

    @Test
    void millionsOfMarksAreTooMuch() throws IOException {
        PickleBytes marks = PickleBytes.protocol(2);
        for (int i = 0; i < 1_000_001; i++) {
            marks.op('(');
        }
        refused(marks.stop(), "too large", "1000000");
    }

    @Test
    void hugeStringsAndNumbersAreRefusedBeforeMemoryIsTaken() throws IOException {
        refused(PickleBytes.protocol(2).op('X', 0xFF, 0xFF, 0xFF, 0xFF).stop(), "a string of 4294967295 bytes");
        refused(
                PickleBytes.protocol(4)
                        .op(0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)
                        .stop(),
                "a string of 18446744073709551615 bytes");
        refused(PickleBytes.protocol(2).op(0x8B, 0xFF, 0xFF, 0xFF, 0x7F).stop(), "an integer of 2147483647 bytes");
        refused(PickleBytes.protocol(2).op(0x8A, 33).op(new int[33]).stop(), "an integer of 33 bytes");
    }

    @Test
    void brokenStreamsSayWhere() throws IOException {
        refused(PickleBytes.protocol(2).op('}').bytes(), "cut off");
        refused(PickleBytes.protocol(2).op('}', 0xFE).stop(), "malformed at byte", "0xFE");
        refused(PickleBytes.protocol(2).op('}', '}').stop(), "malformed", "left over");
        refused(PickleBytes.protocol(2).stop(), "malformed", "missing on the stack");
        refused(PickleBytes.protocol(2).op('t').stop(), "mark is missing");
        refused(PickleBytes.protocol(2).op('h', 7).stop(), "memo entry 7");
        refused(PickleBytes.protocol(2).op('}', 'N', 'a').stop(), "not a list");
        refused(PickleBytes.protocol(2).op(']', 'N', 'N', 's').stop(), "not a dictionary");
        refused(PickleBytes.protocol(2).op('}', ']', 'N', 's').stop(), "dictionary key");
        refused(PickleBytes.protocol(2).op('}', '(', 'N', 'u').stop(), "a key without a value");
        refused(PickleBytes.protocol(6).op('}').stop(), "pickle protocol 6");
        refused(PickleBytes.protocol(2).op(']', '}', 'b').stop(), "BUILD");
        refused(PickleBytes.protocol(2).op('X', 1, 0, 0, 0, 0xFF).stop(), "not UTF-8");
    }

    @Test
    void dataAfterTheEndIsRefused() throws IOException {
        refused(PickleBytes.protocol(2).op('}', '.').op('}').stop(), "goes on after its end");
    }

    private static byte[] tensor(String type, long numel, long offset, long[] shape, long[] strides) {
        return PickleBytes.protocol(2)
                .op('}')
                .text("T")
                .tensor(type, "0", numel, offset, shape, strides)
                .op('s')
                .stop();
    }

    @Test
    void aStorageOfAnotherSizeThanSaid() throws IOException {
        refused(
                tensor("FloatStorage", 32, 0, new long[] {32}, new long[] {1}),
                "tensor T needs 128 bytes, and storage 0 has 64");
        refused(
                tensor("FloatStorage", 8, 0, new long[] {8}, new long[] {1}),
                "tensor T needs 32 bytes, and storage 0 has 64");
        refused(
                tensor("FloatStorage", 1L << 62, 0, new long[] {1}, new long[] {1}),
                "tensor T needs 18446744073709551616 bytes");
    }

    @Test
    void aTensorOutsideItsStorage() throws IOException {
        refused(tensor("FloatStorage", 16, 0, new long[] {17}, new long[] {1}), "tensor T reaches outside its storage");
        refused(tensor("FloatStorage", 16, 13, new long[] {4}, new long[] {1}), "tensor T reaches outside its storage");
        refused(
                tensor("FloatStorage", 16, 0, new long[] {2, 2}, new long[] {15, 1}),
                "tensor T reaches outside its storage");
        refused(
                tensor("FloatStorage", 16, 0, new long[] {3}, new long[] {Long.MAX_VALUE}),
                "tensor T reaches outside its storage");
        refused(
                tensor("FloatStorage", 16, Long.MAX_VALUE, new long[] {3}, new long[] {1}),
                "tensor T reaches outside its storage");
        refused(tensor("FloatStorage", 16, 17, new long[] {0}, new long[] {1}), "tensor T reaches outside its storage");
    }

    @Test
    void negativeOrMismatchedStrides() throws IOException {
        refused(tensor("FloatStorage", 16, 3, new long[] {4}, new long[] {-1}), "tensor T", "none negative");
        refused(tensor("FloatStorage", 16, 0, new long[] {-4}, new long[] {1}), "tensor T", "none negative");
        refused(tensor("FloatStorage", 16, -1, new long[] {4}, new long[] {1}), "tensor T", "none negative");
        refused(
                tensor("FloatStorage", 16, 0, new long[] {4}, new long[] {1, 1}),
                "tensor T",
                "as many strides as axes");
        refused(tensor("FloatStorage", 16, 0, new long[9], new long[9]), "tensor T", "at most 8");
    }

    @Test
    void anExpandedTensorOfEnormousSize() throws IOException {
        refused(
                tensor("FloatStorage", 16, 0, new long[] {1_000_000, 1_000_000}, new long[] {0, 0}),
                "tensor T is too large",
                "1000000000000");
        refused(
                tensor("FloatStorage", 16, 0, new long[] {1L << 40, 1L << 40}, new long[] {0, 0}),
                "size overflow of tensor T");
    }

    @Test
    void badStorageReferences() throws IOException {
        refused(PickleBytes.protocol(2).op('(').text("storage").op('t', 'Q').stop(), "bad storage reference");
        refused(PickleBytes.protocol(2).text("storage").op('Q').stop(), "bad storage reference");
        refused(PickleBytes.protocol(2).storage("FloatStorage", "0", -1).stop(), "bad storage reference");
        refused(
                PickleBytes.protocol(2)
                        .op('(')
                        .text("storage")
                        .global("torch", "float32")
                        .text("0")
                        .text("cpu")
                        .integer(1)
                        .op('t', 'Q')
                        .stop(),
                "bad storage reference");
        refused(
                tensor("QInt8Storage", 64, 0, new long[] {4}, new long[] {1}),
                "bad storage reference",
                "QInt8Storage",
                "not supported");
        refused(
                PickleBytes.protocol(2)
                        .tensor("FloatStorage", "9", 16, 0, new long[] {4}, new long[] {1})
                        .stop(),
                "storage 9",
                "not in the file");
    }

    @Test
    void twoThingsOfOneNameAreRefused() throws IOException {
        PickleBytes pickle = PickleBytes.protocol(2)
                .op('}')
                .text("a.b")
                .tensor("FloatStorage", "0", 16, 0, new long[] {4}, new long[] {1})
                .op('s')
                .text("a")
                .op('}')
                .text("b")
                .tensor("FloatStorage", "0", 16, 0, new long[] {4}, new long[] {1})
                .op('s', 's');
        refused(pickle.stop(), "both called a.b");
    }

    @Test
    void harmlessConfigurationsAreShownAsData() throws IOException {
        PickleBytes pickle = PickleBytes.protocol(2)
                .op('}')
                .text("cfg")
                .global("sae_training.config", "LanguageModelSAERunnerConfig")
                .op(')', 0x81, '}')
                .text("d_in")
                .integer(768)
                .op('s')
                .text("dtype")
                .global("torch", "float32")
                .op('s')
                .text("device")
                .global("torch", "device")
                .text("cuda")
                .integer(0)
                .op(0x86, 'R', 's')
                .text("lr")
                .global("numpy.core.multiarray", "scalar")
                .global("numpy", "dtype")
                .text("f8")
                .op(0x89, 0x88, 0x87, 'R', '(')
                .integer(3)
                .text("<")
                .op('N', 'N', 'N', 't', 'b')
                .global("_codecs", "encode")
                .text("\0\0\0\0\0\0\u00E0?")
                .text("latin1")
                .op(0x86, 'R', 0x86, 'R', 's')
                .text("path")
                .global("pathlib", "PosixPath")
                .text("/")
                .text("tmp")
                .op(0x86, 'R', 's', 'b', 's')
                .text("state_dict")
                .op('}')
                .text("W")
                .tensor("FloatStorage", "0", 16, 0, new long[] {4}, new long[] {1})
                .op('s', 's')
                .text("step")
                .op('K', 5, 's')
                .text("none")
                .op('N', 's');
        try (TensorArchive archive = open(pickle.stop())) {
            assertThat(archive.names()).containsExactly("state_dict.W");
            assertThat(archive.values())
                    .containsEntry("step", 5L)
                    .containsEntry("none", null)
                    .containsEntry(
                            "cfg",
                            Map.of(
                                    "__class__",
                                    "sae_training.config.LanguageModelSAERunnerConfig",
                                    "d_in",
                                    768L,
                                    "dtype",
                                    "torch.float32",
                                    "device",
                                    "cuda:0",
                                    "lr",
                                    0.5,
                                    "path",
                                    "/tmp"));
        }
    }

    @Test
    void everyProtocolsWayOfWritingPlainValuesIsRead() throws IOException {
        PickleBytes pickle = PickleBytes.protocol(4)
                .op(0x95, 0, 0, 0, 0, 0, 0, 0, 0)
                .op('(')
                .ascii("I12\n")
                .ascii("I01\n")
                .ascii("L-3L\n")
                .ascii("F2.5\n")
                .ascii("S'old'\n")
                .ascii("Vnew\n")
                .op('U', 1, 'u', 'T', 1, 0, 0, 0, 't')
                .op(0x8C, 1, 's')
                .op('J', 0xFF, 0xFF, 0xFF, 0xFF)
                .op('M', 1, 1)
                .op(0x8A, 1, 0xFF)
                .op(0x8A, 0)
                .op('G', 0x3F, 0xF8, 0, 0, 0, 0, 0, 0)
                .op(0x88, 0x89, 'N')
                .op(0x8F, '(', 'K', 1, 0x90)
                .op('(', 'K', 2, 0x91)
                .op('(')
                .text("k")
                .op('K', 9, 'd')
                .op('l');
        try (TensorArchive archive = open(pickle.stop())) {
            Object[] expected = {
                12L,
                true,
                -3L,
                2.5,
                "old",
                "new",
                "u",
                "t",
                "s",
                -1L,
                257L,
                -1L,
                0L,
                1.5,
                true,
                false,
                null,
                List.of(1L),
                List.of(2L),
                Map.of("k", 9L)
            };
            for (int i = 0; i < expected.length; i++) {
                assertThat(archive.values().get(String.valueOf(i)))
                        .as("value " + i)
                        .isEqualTo(expected[i]);
            }
        }
    }

    @Test
    void transposedSharedAndExpandedViewsAreGathered() throws IOException {
        PickleBytes pickle = PickleBytes.protocol(2)
                .op('}')
                .text("bytes")
                .tensor("ByteStorage", "0", 64, 0, new long[] {64}, new long[] {1})
                .op('s')
                .text("transposed")
                .tensor("ByteStorage", "0", 64, 2, new long[] {3, 4}, new long[] {1, 3})
                .op('s')
                .text("expanded")
                .tensor("ByteStorage", "0", 64, 5, new long[] {2, 3}, new long[] {0, 20})
                .op('s')
                .text("scalar")
                .tensor("ByteStorage", "0", 64, 63, new long[0], new long[0])
                .op('s');
        try (TensorArchive archive = open(pickle.stop())) {
            assertThat(archive.tensor("transposed").toHost().data())
                    .containsExactly(2, 5, 8, 11, 3, 6, 9, 12, 4, 7, 10, 13);
            assertThat(archive.tensor("expanded").toHost().data()).containsExactly(5, 25, 45, 5, 25, 45);
            assertThat(archive.tensor("scalar").toHost().data()).containsExactly(63);
            assertThat(archive.tensor("bytes").readIntegers(60, 4)).containsExactly(60, 61, 62, 63);
        }
    }
}

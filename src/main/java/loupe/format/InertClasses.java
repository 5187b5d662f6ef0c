package loupe.format;

import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which classes a pickle may name to be kept as a name with attributes, a dataclass, an enumeration or a configuration
 * object of somebody's own. None is ever looked up. What is refused is what does things when it is called: everything
 * of Python itself and of libraries that can run or load something, but for the few values listed here; and whatever is
 * not spelt like a class.
 */
final class InertClasses {
    private static final Pattern MODULE = Pattern.compile("[A-Za-z_]\\w*(?:\\.\\w+)*");
    private static final Pattern CLASS = Pattern.compile("_*[A-Z]\\w*(?:\\._*[A-Z]\\w*)*");
    /** Values of Python and numpy that are data only. */
    private static final Pattern VALUES =
            Pattern.compile("argparse\\.Namespace|types\\.SimpleNamespace|typing\\.[A-Z]\\w*"
                    + "|datetime\\.(?:datetime|date|time|timedelta|timezone)|decimal\\.Decimal"
                    + "|fractions\\.Fraction|uuid\\.UUID"
                    + "|collections\\.deque|random\\.Random|torch\\.Generator"
                    + "|numpy\\.random\\._pickle\\.__(?:randomstate|generator|bit_generator)_ctor"
                    + "|numpy\\.random\\.(?:mtrand|_\\w+)\\.(?:RandomState|Generator|MT19937|PCG64"
                    + "|PCG64DXSM|Philox|SFC64)"
                    + "|numpy\\.random\\.(?:bit_generator|_bit_generator)\\.(?:SeedSequence"
                    + "|__pyx_unpickle_SeedSequence)"
                    + "|numpy\\.(?:float|int|uint|bool|complex|str|bytes)\\d*_?");
    /** Classes of configurations and of whole modules that people have pickled, whatever their names look like. */
    private static final Pattern KNOWN = Pattern.compile("sae_training\\.config\\.LanguageModelSAERunnerConfig"
            + "|sae_lens\\.training\\.config\\.\\w+|sae_training\\.sparse_autoencoder\\.\\w+"
            + "|transformer_lens\\.[\\w.]+|autoencoders\\.learned_dict\\.\\w+|dictionary_learning\\.[\\w.]+");
    /**
     * Packages of which nothing else may be named: the modules of Python 3.11 and libraries that run or load things.
     */
    private static final Set<String> SYSTEM =
            Arrays.stream("""
            __builtin__ __future__ _abc _aix_support _ast _asyncio _bisect _blake2 _bootsubprocess _bz2 _codecs
            _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections _collections_abc
            _compat_pickle _compression _contextvars _crypt _csv _ctypes _curses _curses_panel _datetime _dbm _decimal
            _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _imp _io _json
            _locale _lsprof _lzma _markupbase _md5 _msi _multibytecodec _multiprocessing _opcode _operator
            _osx_support _overlapped _pickle _posixshmem _posixsubprocess _py_abc _pydecimal _pyio _queue _random
            _scproxy _sha1 _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics
            _string _strptime _struct _symtable _thread _threading_local _tkinter _tokenize _tracemalloc _typing _uuid
            _warnings _weakref _weakrefset _winapi _zoneinfo abc aifc aiohttp argparse array ast asynchat asyncio
            asyncore atexit audioop base64 bdb binascii bisect builtins bz2 calendar cgi cgitb chunk cloudpickle cmath
            cmd code codecs codeop collections colorsys commands compileall concurrent configparser contextlib
            contextvars copy copy_reg copyreg cProfile crypt csv ctypes curses dataclasses datetime dbm decimal
            difflib dill dis distutils doctest email encodings ensurepip enum errno fabric faulthandler fcntl filecmp
            fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip
            hashlib heapq hmac html http httplib httpx idlelib imaplib imghdr imp imp_ importlib inspect io ipaddress
            ipykernel IPython itertools jax joblib json jsonpickle keras keyword lib2to3 linecache locale logging lzma
            mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nltk
            nntplib nt ntpath nturl2path numbers numpy opcode operator optparse os ossaudiodev pandas paramiko pathlib
            pdb pexpect pickle pickletools pip pipes pkg_resources pkgutil platform plistlib poplib posix posixpath
            pprint profile pstats psutil pty pwd py_compile pyclbr pydoc pydoc_data pyexpat pytest queue quopri random
            re readline reprlib requests resource rlcompleter runpy sched scipy secrets select selectors setuptools sh
            shelve shlex shutil signal site sklearn smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile
            sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau sympy symtable sys
            sysconfig syslog tabnanny tarfile telnetlib tempfile tensorflow termios textwrap threading time timeit
            tkinter token tokenize tomllib torch torchaudio torchvision trace traceback tracemalloc tty turtle
            turtledemo types typing unicodedata unittest urllib urllib2 uu uuid venv warnings wave weakref webbrowser
            win32api winreg winsound wsgiref xdrlib xml xmlrpc yaml zipapp zipfile zipimport zlib zoneinfo
            """.split("\\s+", -1)).collect(Collectors.toUnmodifiableSet());

    private InertClasses() {}

    static boolean contains(String module, String name) {
        String whole = module + "." + name;
        if (VALUES.matcher(whole).matches() || KNOWN.matcher(whole).matches()) {
            return true;
        }
        return MODULE.matcher(module).matches()
                && CLASS.matcher(name).matches()
                && !SYSTEM.contains(module.split("\\.", 2)[0]);
    }
}

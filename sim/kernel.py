"""The one way to compile.

Numba's own cache looks only at the file a function is in: when a function that it calls, or a constant that
it reads, changes in another file, the stale machine code runs. So compiled code is kept in a folder named
after all that it can depend on, `<base>/kernels/<digest>`, where base is `$AUYLSIM_CACHE`, else the package's
`__pycache__`, else the user's cache folder: the first of them that can be written to.

With `NUMBA_DISABLE_JIT=1` kernels are plain Python functions and give the same bits.
"""

from __future__ import annotations

import contextlib
import functools
import glob
import hashlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, overload

from sim.i18n import _

# The SVML library's exp and log differ from the C library's in the last bits. Numba reads this when imported.
os.environ["NUMBA_DISABLE_INTEL_SVML"] = "1"

import llvmlite
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.caching import FunctionCache
from numba.extending import intrinsic
from numba.misc.appdirs import AppDirs

_PACKAGE = Path(__file__).parent
_KEEP_SECONDS = 7 * 24 * 3600.0
_DIGEST_LENGTH = 16  # characters; paths on Windows must stay short

LINE = 64
"""Bytes that memory and cache exchange at once."""

Function = TypeVar("Function", bound=Callable[..., Any])

COMPILED: bool = not numba.config.DISABLE_JIT
"""Whether kernels are compiled; otherwise they are plain Python."""


@overload
def kernel(function: Function) -> Function: ...
@overload
def kernel(*, allocates: bool = False, inline: bool = False) -> Callable[[Function], Function]: ...
def kernel(function: Function | None = None, *, allocates: bool = False, inline: bool = False) -> Any:
    """Compile a function at its first call: no interpreter lock, IEEE division, no fast mathematics.

    Parameters
    ----------
    function : callable
        Only + − × ÷, floor, min, max, `math.sqrt`, `math.exp`, `math.log` and explicit loops, so that plain
        Python gives the same bits. It must not raise.
    allocates : bool, optional
        Whether the function makes arrays, or calls one that returns an array it made. Others work on their arguments
        only, and then nobody need count who still refers to which array: that took half of the time. Numba refuses
        to compile a function that makes arrays without saying so.
    inline : bool, optional
        Put the body in place of each call before types are inferred: for what is called once, or is short and
        called for every project and month. Passing the whole state as arguments is what takes long to compile.

    Returns
    -------
    callable
        The compiled function, or `function` itself under `NUMBA_DISABLE_JIT=1`.
    """
    if function is None:
        return functools.partial(kernel, allocates=allocates, inline=inline)
    if not COMPILED:
        return function
    compiled = numba.njit(nogil=True, error_model="numpy", _nrt=allocates, inline="always" if inline else "never")(
        function
    )
    folder = cache_folder()
    # A function typed at a prompt has no file by which its own changes could be noticed.
    if folder is not None and Path(function.__code__.co_filename).is_file():
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(folder)
        try:
            compiled._cache = _KernelCache(function)
        finally:
            numba.config.CACHE_DIR = before
    return compiled


@functools.cache
def cache_folder() -> Path | None:
    """Return the folder of this version's compiled code, or None (and say so) where none can be kept."""
    user_folder = AppDirs(appname="auylsim", appauthor=False).user_cache_dir
    bases = (os.environ.get("AUYLSIM_CACHE"), _PACKAGE / "__pycache__", user_folder)
    digest = _digest()
    for base in bases:
        if base and _usable(folder := Path(base).absolute() / "kernels" / digest):
            return folder
    if multiprocessing.parent_process() is None:  # workers would repeat it
        print(
            _("Compiled code is not kept, so each start compiles: set AUYLSIM_CACHE to a writable folder."),
            file=sys.stderr,
        )
    return None


def _digest() -> str:
    """Return a hash of all that compiled code depends on."""
    digest = hashlib.sha256()
    settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_"))
    digest.update(repr((numba.__version__, llvmlite.__version__, sys.version, settings)).encode())
    for file in sorted(_PACKAGE.rglob("*.py")):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(_PACKAGE).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:_DIGEST_LENGTH]


def _usable(folder: Path) -> bool:
    """Create the folder if need be and say whether files can be written into it."""
    new = not folder.is_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    if new:
        _prune(folder.parent)
    return True


def _prune(kernels: Path) -> None:
    """Delete the folders of versions that compiled nothing new for a week; who still runs one recompiles."""
    oldest = time.time() - _KEEP_SECONDS
    for folder in kernels.iterdir():
        with contextlib.suppress(OSError):  # another process may be pruning too
            if len(folder.name) == _DIGEST_LENGTH and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder)


class _KernelCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of one function, made safe against broken files and against other processes."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        # Numba numbers the files of a function's signatures: two processes that compile two signatures at
        # once may take the same number, and one would later run the other's code.
        names = f"{self._impl.filename_base}.{uuid.uuid4().hex[:8]}"
        self._cache_file._data_name_pattern = names + ".{number:d}.nbc"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled code of a signature, or None; files that cannot be read are deleted first."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # unpickling a damaged file can raise anything
            pattern = glob.escape(self._impl.filename_base) + ".*"
            for file in Path(self.cache_path).glob(pattern):
                with contextlib.suppress(OSError):
                    file.unlink()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code; a full disk is no reason to stop a run."""
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)


@kernel(inline=True)
def at(index: int) -> int:
    """Mark an index that is never negative: compiled code need not look whether it counts from the end.

    That look took 6 % of the simulation's time where rows are visited one by one.
    """
    return np.uint64(index)  # type: ignore[return-value]


@kernel(inline=True)
def fetch(table: Any, index: int, lines: int) -> None:
    """Have the processor bring the first cache lines of a row, soon to be needed, into its cache.

    Rows of projects at work lie apart, and the processor cannot foresee which comes next: without, a large region
    waits for memory most of the time. Nothing else happens, and nothing at all in plain Python.
    """
    if COMPILED:
        for line in range(lines):
            _fetch(table, index, line)


@intrinsic  # type: ignore[untyped-decorator]
def _fetch(_typing: Any, table: Any, _index: Any, _line: Any) -> Any:
    """Emit LLVM's hint that one line of a row will be read."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        array = context.make_array(signature.args[0])(context, builder, values[0])
        row = builder.bitcast(builder.gep(array.data, [values[1]]), byte)
        place = builder.gep(row, [builder.mul(values[2], context.get_constant(types.intp, LINE))])
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        hint = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(hint, [place, flag(0), flag(3), flag(1)])  # to read, to all caches, data
        return context.get_dummy_value()

    return types.void(table, types.intp, types.intp), emit

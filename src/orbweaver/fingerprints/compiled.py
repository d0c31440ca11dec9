# mypy: allow-untyped-calls
"""Numba's ``njit`` with machine code that is kept on disk, read from beside the source wherever that may only be read.

A decoder process starts in under a second because its kernels come out of the cache; compiling takes some seconds of a
processor for each process. Numba by itself reads no cache where it could not write: a program that one account installs
and another runs would compile at each start. So what the installation compiled is read first; what is compiled later is
kept beside the source, or in the home of who runs the program, where either can be written.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, InTreeCacheLocator

P = ParamSpec("P")
T = TypeVar("T")


class _ToRead(InTreeCacheLocator):
    """The folder beside the source, when nowhere can be written."""

    def ensure_cache_path(self) -> None:
        """Nothing is made."""


class _CacheFolders(CompileResultCacheImpl):
    _locator_classes = [*CompileResultCacheImpl._locator_classes, _ToRead]


class MachineCode(FunctionCache):
    """The machine code of one function: what lies beside its source first, then what was kept elsewhere."""

    _impl_class = _CacheFolders

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        source = _ToRead(function, inspect.getfile(function))
        self._beside = IndexDataCacheFile(
            source.get_cache_path(), self._impl.filename_base, self._impl.locator.get_source_stamp()
        )

    def _load_overload(self, signature: Any, target_context: Any) -> Any:
        with contextlib.suppress(OSError):
            found = self._beside.load(self._index_key(signature, target_context.codegen()))
            if found is not None:
                return self._impl.rebuild(target_context, found)
        return super()._load_overload(signature, target_context)

    def _save_overload(self, signature: Any, data: Any) -> None:
        if not isinstance(self._impl.locator, _ToRead):
            super()._save_overload(signature, data)


def kept(dispatcher: Any) -> Any:
    """The same compiled function (of ``njit``), with its machine code kept on disk and looked for there."""
    dispatcher._cache = MachineCode(dispatcher.py_func)
    return dispatcher


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Compile ``function`` on its first call (or load it from the cache), without the GIL, with fast float maths.

    Fast maths may sum in another order than written, which moves a sum of some hundred pixels by less than 1e-4 grey
    levels.
    """
    return cast("Callable[P, T]", kept(njit(function, nogil=True, fastmath=True)))

"""What the engine's exports call: start it, load a program, run it, and say what went wrong."""

import errno
import io
import json
import linecache
import sys
import traceback
import types

import _belljar
import _random_seed
import _refused
import belljar
from belljar import _output
from _parameters import Call

# What tools use most is started with the engine, so that it costs them nothing.
import asyncio, base64, bisect, calendar, collections, concurrent.futures, contextlib, copy, csv, dataclasses, datetime, decimal, enum  # noqa
import fractions, functools, glob, hashlib, heapq, hmac, html, inspect, itertools, logging, math, operator, os, pathlib, random, re  # noqa
import secrets, statistics, string, struct, tempfile, textwrap, threading, time, typing, unicodedata, urllib.parse, urllib.request  # noqa
import uuid, warnings, zlib  # noqa
import zoneinfo._common
import _strptime  # noqa

FAILED, CRASHED, DENIED, EXHAUSTED, UNLOADABLE = range(5)

#: Bytes of a message and frames of a stack that are told.
MESSAGE, FRAMES = 4000, 40


def started():
    """The engine is ready for its snapshot."""
    import gc

    sys.meta_path.insert(0, _refused.Finder)
    for name in _refused.REFUSED:
        sys.modules.pop(name, None)
    _random_seed.install()
    zoneinfo._common.load_tzdata = _zone
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr.reconfigure(line_buffering=True)
    sys.argv = ["tool"]
    logging.lastResort = _Console(logging.WARNING)
    logging.StreamHandler.emit = _emit(logging.StreamHandler.emit)
    warnings.showwarning = _warn
    threading._start_joinable_thread = _no_thread
    # Nothing of what is there now is ever garbage.
    gc.collect()
    gc.freeze()


def _zone(key):
    import _zones

    if key not in _zones.ZONES:
        raise zoneinfo.ZoneInfoNotFoundError(f"there is no time zone {key}")
    return io.BytesIO(_zones.ZONES[key])


def _level(number):
    """The console's level for one of `logging`."""
    return 0 if number < logging.INFO else 1 if number < logging.WARNING else 3 if number < logging.ERROR else 4


class _Console(logging.Handler):
    """Writes records to the console, each with its level."""

    def emit(self, record):
        _line(_level(record.levelno), self.format(record))


def _emit(plain):
    """What handlers write to standard error goes to the console, each record with its level."""

    def emit(self, record):
        if self.stream is not sys.__stderr__:
            return plain(self, record)
        try:
            _line(_level(record.levelno), self.format(record))
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)

    return emit


def _line(level, text):
    _belljar.console(level, whole(text))


def _warn(message, category, filename, lineno, file=None, line=None):
    _line(3, f"{category.__name__}: {message} ({filename}:{lineno})")


def _no_thread(*args, **kwargs):
    raise RuntimeError(f"a thread cannot be started: {_refused.ONE_THREAD}")


def whole(text):
    """The text without halves of characters."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# ---- What went wrong.


def _described(error, seen=()):
    """An exception and what caused it, as one sentence."""
    head = "".join(traceback.TracebackException(type(error), error, None).format_exception_only()).strip()
    if isinstance(error, SyntaxError) and error.lineno is not None:
        head = _syntax(error)
    if isinstance(error, BaseExceptionGroup):
        head += " [" + "; ".join(_described(one, (*seen, error)) for one in error.exceptions[:10]) + "]"
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and cause not in seen and len(seen) < 8:
        said = "caused by" if error.__cause__ else "while handling"
        head += f"; {said} {_described(cause, (*seen, error))}"
    return head


def _syntax(error):
    """What is wrong, then the line with a caret."""
    head = f"{type(error).__name__}: {error.msg} (line {error.lineno})"
    if not error.text:
        return head
    text = error.text.rstrip("\n")
    line = text.lstrip(" \t\f")
    at = max(0, (error.offset or 1) - 1 - (len(text) - len(line)))
    end = error.end_offset - (error.offset or 1) if error.end_lineno == error.lineno and error.end_offset else 1
    return f"{head}\n    {line}\n    {' ' * at}{'^' * max(1, min(end, len(line) - at))}"


def _frames(error):
    """The tool's own frames, the innermost first, each with its line."""
    found = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code.co_filename == _file:
            text = _lines[line - 1].strip() if line is not None and 0 < line <= len(_lines) else ""
            found.append(f"{code.co_qualname} ({_file}:{line})" + (f": {text}" if text else ""))
    found.reverse()
    if len(found) > FRAMES:
        found[FRAMES // 2 : -(FRAMES // 2)] = [f"… {len(found) - FRAMES} more"]
    return "\n".join(found)


def _cut(text):
    return text if len(text) <= MESSAGE else text[:MESSAGE] + "…"


def _fault(error, kind):
    """Kind, code, message and stack."""
    code, message = "", None
    if isinstance(error, belljar.ToolError):
        kind, code, message = FAILED, str(error.code), str(error) or str(error.code) or "ToolError"
    elif isinstance(error, belljar.CapabilityDenied):
        kind, code, message = DENIED, "denied", str(error)
    elif isinstance(error, belljar.BudgetExhausted):
        kind, code, message = EXHAUSTED, "exhausted", str(error)
    elif isinstance(error, PermissionError):
        # What `open` and others raise.
        kind, code = DENIED, "denied"
    elif isinstance(error, OSError) and error.errno == errno.EDQUOT:
        kind, code = EXHAUSTED, "exhausted"
    elif isinstance(error, SystemExit):
        if not isinstance(error.code, (int, type(None))):
            kind, message = FAILED, str(error.code)
        else:
            kind, code, message = FAILED, "exit", f"the tool ended itself with exit code {error.code or 0}: return its output"
    if message is None:
        try:
            message = _described(error)
        except Exception as other:
            message = f"{type(error).__name__}, whose text cannot be had ({type(other).__name__})"
    if kind == UNLOADABLE and isinstance(error, SyntaxError):
        return kind, "syntax", whole(_cut(message)), f"{_file}:{error.lineno}"
    return kind, whole(code), whole(_cut(message)), whole(_frames(error))


# ---- Load and run.

_file, _lines, _call = "", (), None


def load(file, source):
    """Loads a program: nothing, or why it cannot be."""
    global _file, _lines, _call
    _file = file
    _lines = source.splitlines()
    linecache.cache[file] = len(source), None, [line + "\n" for line in _lines], file
    module = types.ModuleType("tool")
    module.__file__ = file
    sys.modules["tool"] = module
    try:
        exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)
        _flush()
        run = module.__dict__.get("run")
        if not callable(run):
            return UNLOADABLE, "no-run", "it has no function run: write `def run(input): …`", ""
        _call = Call(run, module.__dict__)
        return None
    except BaseException as error:
        return _guarded(error, UNLOADABLE)


def run(text):
    """Runs the program: its output, or how it ended."""
    _random_seed.begin()
    try:
        if _call is None:
            return CRASHED, "", "no program is loaded", ""
        output = _call(json.loads(text))
        if hasattr(output, "__await__"):
            output = asyncio.run(_awaited(output))
        elif hasattr(output, "__aiter__") or hasattr(output, "__next__"):
            raise TypeError("run gave a generator: it returns its output, and does not yield it")
        output = _output.dumps(output, "the output")
        _flush()
        return output
    except BaseException as error:
        return _guarded(error, CRASHED)


async def _awaited(output):
    return await output


def _guarded(error, kind):
    try:
        fault = _fault(error, kind)
        _flush()
        return fault
    except BaseException:
        return kind, "", f"{type(error).__name__}, which could not be described", ""


def _flush():
    sys.stdout.flush()
    sys.stderr.flush()

"""Values of Python as JSON.

Numbers, text, lists, tuples and dictionaries are what they are in `json`. Dataclasses, and objects with `model_dump` or `_asdict` that are
no tuples, are objects; members of an `Enum` their values; sets lists, sorted where that is possible; `Decimal`, `Fraction`, `UUID` and
paths texts; dates and times texts in ISO 8601; `timedelta` its seconds. Anything else is an error with its place.
"""

import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import pathlib
import uuid
from collections import deque
from collections.abc import KeysView, Mapping, Set, ValuesView

_TEXTS = (decimal.Decimal, fractions.Fraction, uuid.UUID, pathlib.PurePath)


def _form(value):
    """The value as one that JSON has, or a `TypeError`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, _TEXTS):
        return str(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (Set, KeysView)):
        try:
            return sorted(value)
        except TypeError:
            return list(value)
    if isinstance(value, (deque, range, ValuesView)):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, type) and callable(getattr(value, "model_dump", None)):
        return value.model_dump()
    raise TypeError(f"it is of the type {type(value).__name__}{_advice(value)}")


def _advice(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        return ": decode it to text, or hand it in with belljar.artifact"
    if hasattr(value, "__await__"):
        return ": is an `await` missing?"
    if hasattr(value, "__next__"):
        return ": write list(…) to have its values"
    if isinstance(value, BaseException):
        return ": write str(…), or raise it"
    if callable(value):
        return ": is it to be called?"
    if hasattr(value, "__dict__"):
        return ": write vars(…), or make its class a dataclass"
    return ", which JSON cannot carry"


def dumps(value, what):
    """The value as JSON text; `what` says in an error what it is."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_form, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        _explain(value, what, [], [])
        raise
    if text.isascii():
        return text
    # Halves of characters, which no text outside of Python can have.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _explain(value, what, path, above):
    """Finds what JSON cannot carry, and raises an error that names its place."""

    def fail(sentence):
        place = "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in path)
        raise TypeError(f"{what}{' at ' + place if place else ''} cannot be written as JSON: {sentence}") from None

    if value is None or isinstance(value, (str, bool, int)) and not isinstance(value, enum.Enum):
        return
    if isinstance(value, float):
        if value - value != 0:
            fail(f"JSON has no {value}: write a finite number, or None")
        return
    if any(value is other for other in above):
        fail("it contains itself")
    if len(above) > 200:
        fail("it is nested too deeply")
    above.append(value)
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, (str, int, float, bool)) and key is not None:
                fail(f"the key {key!r} is a {type(key).__name__}: make it a text")
            path.append(key)
            _explain(item, what, path, above)
            path.pop()
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            path.append(index)
            _explain(item, what, path, above)
            path.pop()
    else:
        try:
            form = _form(value)
        except TypeError as error:
            fail(str(error))
        _explain(form, what, path, above)
    above.pop()

"""How the tool's function takes its input: as a whole, or each member of it by its name.

A function with one parameter takes the whole input if the parameter has no annotation, is called `input`, or is annotated with a
dictionary, a dataclass, a `TypedDict` or `Any`. Every other function takes the members of the input by the names of its parameters.
`_manifest` says the same of a program that is not run.
"""

import dataclasses
import datetime
import decimal
import enum
import pathlib
import types
import typing
import uuid

_WHOLE = (dict, typing.Any, object)


class Call:
    """The tool's function, called with an input."""

    def __init__(self, function, names):
        self._function, self._names = function, names
        code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
        if code is None:
            # A partial, an instance with `__call__`: it is given the input.
            self._whole, self._named, self._hints, self._others = True, (), {}, False
            return
        positional = code.co_argcount
        self._named = code.co_varnames[: positional + code.co_kwonlyargcount]
        self._others = bool(code.co_flags & 0x08)
        self._hints = getattr(function, "__annotations__", {})
        self._whole = positional == 1 and len(self._named) == 1 and not self._others and self._takes_all(self._named[0])

    def _takes_all(self, name):
        if name in ("input", "_input", "input_"):
            return True
        if name not in self._hints:
            return True
        hint = self._hint(name)
        origin = typing.get_origin(hint) or hint
        return origin in _WHOLE or dataclasses.is_dataclass(hint) or typing.is_typeddict(hint)

    def _hint(self, name):
        hint = self._hints.get(name)
        if isinstance(hint, str):
            try:
                hint = eval(hint, self._names)
            except Exception:
                return None
        return hint

    def __call__(self, given):
        if self._whole:
            name = self._named[0] if self._named else None
            return self._function(made(given, self._hint(name) if name else None))
        if not self._named and not self._others:
            return self._function()
        if not isinstance(given, dict):
            names = ", ".join(self._named)
            raise TypeError(f"run takes {names} out of the input, which is to be an object and not {type(given).__name__}")
        taken = given if self._others else {name: value for name, value in given.items() if name in self._named}
        return self._function(**{name: made(value, self._hint(name)) for name, value in taken.items()})


def made(value, hint):
    """The value as its annotation has it, if it is one that JSON has no form for; else as it is."""
    if hint is None:
        return value
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        for one in typing.get_args(hint):
            if one is not type(None):
                try:
                    return made(value, one)
                except (TypeError, ValueError, KeyError):
                    continue
        return value
    if origin is typing.Annotated:
        return made(value, typing.get_args(hint)[0])
    if origin in (list, set, frozenset) and isinstance(value, list):
        (item,) = typing.get_args(hint) or (None,)
        made_all = [made(one, item) for one in value]
        return made_all if origin is list else origin(made_all)
    if origin is dict and isinstance(value, dict):
        item = (typing.get_args(hint) or (None, None))[1]
        return {key: made(one, item) for key, one in value.items()}
    if origin is tuple and isinstance(value, list):
        items = typing.get_args(hint)
        if len(items) == 2 and items[1] is Ellipsis:
            return tuple(made(one, items[0]) for one in value)
        return tuple(made(one, item) for one, item in zip(value, items, strict=True))
    if not isinstance(hint, type):
        return value
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        hints = typing.get_type_hints(hint)
        return hint(**{name: made(one, hints.get(name)) for name, one in value.items()})
    if issubclass(hint, enum.Enum):
        return hint(value)
    if issubclass(hint, (decimal.Decimal, pathlib.PurePath, uuid.UUID)) and isinstance(value, (str, int, float)):
        return hint(str(value))
    if hint in (datetime.date, datetime.datetime, datetime.time) and isinstance(value, str):
        return hint.fromisoformat(value)
    return value

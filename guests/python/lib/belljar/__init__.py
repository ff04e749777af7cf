"""What a tool may be granted: keys, files, HTTP, other tools, a person to ask.

Each function waits for its answer. The same functions under `belljar.aio` are awaited, so that requests run side by side:

    first, second = await asyncio.gather(belljar.aio.kv.get("a"), belljar.aio.http.get(url))

A request that is refused raises `CapabilityDenied`. `ToolError` is for a tool that cannot do its work.
"""

import json as _json

import _belljar
from . import _output

__all__ = [
    "BudgetExhausted", "CapabilityDenied", "RequestError", "Response", "ToolError", "aio", "artifact", "ask", "files", "http", "kv",
    "tools",
]


class ToolError(Exception):
    """The tool says that it cannot do its work. `code` is a word for programs to branch on."""

    def __init__(self, message="", code=""):
        super().__init__(message)
        self.code = code


class CapabilityDenied(PermissionError):
    """The policy, or a person, refused a request."""

    code = "denied"

    def __init__(self, capability, request, rule):
        super().__init__(f"{capability}: {request} is not allowed ({rule})")
        self.capability, self.request, self.rule = capability, request, rule


class BudgetExhausted(Exception):
    """A budget of the policy is used up."""

    code = "exhausted"


class RequestError(OSError):
    """A request has no response. `code` is "not-found", "invalid", "too-large", "timed-out" or "other"."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def _failure(kind, text, request, rule):
    if kind == "denied":
        return CapabilityDenied(text, request, rule)
    if kind == "exhausted":
        return BudgetExhausted(text)
    return RequestError(kind, text)


_belljar.failures(_failure)


class _Started:
    """A request under way. `await` lets others go on meanwhile."""

    __slots__ = ("_ticket", "_take", "_then", "_done")

    def __init__(self, ticket, take, then=None):
        self._ticket, self._take, self._then, self._done = ticket, take, then, False

    def _finish(self):
        if self._done:
            raise RuntimeError("this request was waited for before: keep its result")
        self._done = True
        value = self._take(self._ticket)
        return value if self._then is None else self._then(value)

    def _result(self):
        _belljar.wait([self._ticket])
        return self._finish()

    def __await__(self):
        import asyncio

        loop = asyncio.get_running_loop()
        future = loop.create_future()
        loop.belljar_started[self._ticket] = future
        yield from future
        return self._finish()


def _text(value, what):
    if isinstance(value, str):
        return value
    import os

    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{what} is a text, not {type(value).__name__}")


def _bytes(value, what):
    """Text and bytes as they are, anything else as JSON."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    return _output.dumps(value, what).encode()


def _decoded(value, what):
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{what} is not UTF-8 (at byte {error.start}): read its bytes") from None


def _parsed(text, what):
    try:
        return _json.loads(text)
    except ValueError as error:
        raise ValueError(f"{what} is not JSON: {error}") from None


#: Entries in a part of a list, at most.
_PART = 10_000


def _most(limit):
    if limit is None:
        return _PART
    if not isinstance(limit, int) or not 1 <= limit <= _PART:
        raise ValueError(f"limit is a whole number from 1 to {_PART}, not {limit!r}")
    return limit


class _Kv:
    """Keys and values that outlive the run."""

    def get(self, key, default=None):
        """The text kept under a key, or `default`."""
        key = _text(key, "a key")

        def then(value):
            return default if value is None else _decoded(value, f"the value of the key {key}")

        return _Started(_belljar.kv_start(0, key), _belljar.kv_take, then)

    def get_bytes(self, key, default=None):
        """The bytes kept under a key, or `default`."""
        return _Started(_belljar.kv_start(0, _text(key, "a key")), _belljar.kv_take, lambda value: default if value is None else value)

    def get_json(self, key, default=None):
        """The value kept as JSON under a key, or `default`."""
        key = _text(key, "a key")

        def then(value):
            return default if value is None else _parsed(value, f"the value of the key {key}")

        return _Started(_belljar.kv_start(0, key), _belljar.kv_take, then)

    def set(self, key, value):
        """Keeps text or bytes under a key, anything else as JSON."""
        key = _text(key, "a key")
        return _Started(_belljar.kv_start(1, key, _bytes(value, f"the value for the key {key}")), _belljar.kv_take)

    def set_json(self, key, value):
        """Keeps a value as JSON under a key."""
        key = _text(key, "a key")
        text = _output.dumps(value, f"the value for the key {key}")
        return _Started(_belljar.kv_start(1, key, text.encode()), _belljar.kv_take)

    def delete(self, key):
        """Takes a key away, if it is there."""
        return _Started(_belljar.kv_start(2, _text(key, "a key")), _belljar.kv_take)

    def replace(self, key, expected, value):
        """Keeps a value if the key holds what is expected, in one step; whether it did. `None` stands for no such key."""
        key = _text(key, "a key")
        old, new = (None if one is None else _bytes(one, f"a value of the key {key}") for one in (expected, value))
        return _Started(_belljar.kv_replace(key, old, new), _belljar.kv_take)

    def list(self, prefix="", after=None, limit=None):
        """The keys that begin so, sorted."""
        prefix = _text(prefix, "a prefix")
        if after is None and limit is None:
            return _Started(_belljar.kv_start(3, prefix), _belljar.kv_take)
        return _Started(_belljar.kv_page(prefix, after or "", _most(limit)), _belljar.kv_take)


class Stat:
    """What a path names: its name, `kind` ("file", "directory" or "other"), and its size in bytes."""

    __slots__ = ("name", "kind", "size")

    def __init__(self, parts):
        self.name, kind, self.size = parts
        self.kind = ("file", "directory", "other")[min(kind, 2)]

    def __repr__(self):
        return f"Stat(name={self.name!r}, kind={self.kind!r}, size={self.size})"


_MODES = {"create": 0, "replace": 1, "append": 2}


class _Files:
    """Files below the directories that were granted. `open`, `os` and `pathlib` reach the same ones."""

    def read_bytes(self, path, offset=0, length=None):
        """A file's bytes, or a part of them."""
        return _Started(_belljar.files_read(_text(path, "a path"), offset, length), _belljar.files_take)

    def read_text(self, path):
        """A file's text."""
        path = _text(path, "a path")
        return _Started(_belljar.files_read(path, 0, None), _belljar.files_take, lambda value: _decoded(value, f"the file {path}"))

    def read_json(self, path):
        """A file's JSON."""
        path = _text(path, "a path")
        return _Started(_belljar.files_read(path, 0, None), _belljar.files_take, lambda value: _parsed(value, f"the file {path}"))

    def write(self, path, content, mode="replace"):
        """Writes text or bytes, anything else as JSON. `mode` is "replace", "create" or "append"."""
        path = _text(path, "a path")
        if mode not in _MODES:
            raise ValueError(f'the mode is "replace", "create" or "append", not {mode!r}')
        return _Started(_belljar.files_write(path, _bytes(content, f"the content of {path}"), _MODES[mode]), _belljar.files_take)

    def append(self, path, content):
        """Writes at a file's end."""
        return self.write(path, content, "append")

    def list(self, path, after=None, limit=None):
        """The entries of a directory, sorted by name."""
        path = _text(path, "a path")
        ticket = _belljar.files_start(2, path) if after is None and limit is None else _belljar.files_page(path, after or "", _most(limit))
        return _Started(ticket, _belljar.files_take, lambda entries: [Stat(entry) for entry in entries])

    def stat(self, path):
        """What a path names."""
        return _Started(_belljar.files_start(3, _text(path, "a path")), _belljar.files_take, Stat)

    def remove(self, path):
        """Removes a file or an empty directory."""
        return _Started(_belljar.files_start(4, _text(path, "a path")), _belljar.files_take)

    def make_directory(self, path):
        """Makes a directory."""
        return _Started(_belljar.files_start(5, _text(path, "a path")), _belljar.files_take)


class Headers(dict):
    """Header fields by name, whose case does not matter. Fields of one name are joined with commas."""

    def __init__(self, pairs=()):
        super().__init__()
        for name, value in pairs:
            name = name.lower()
            super().__setitem__(name, f"{self[name]}, {value}" if name in self else value)

    def __getitem__(self, name):
        return super().__getitem__(name.lower())

    def __contains__(self, name):
        return super().__contains__(name.lower())

    def get(self, name, default=None):
        return super().get(name.lower(), default)


class Response:
    """What a server answered."""

    def __init__(self, parts):
        self.status, self.url, pairs, self.content = parts
        self.headers = Headers(pairs)

    status_code = property(lambda self: self.status)
    ok = property(lambda self: self.status < 400)

    @property
    def encoding(self):
        _, found, name = self.headers.get("content-type", "").lower().partition("charset=")
        return name.split(";")[0].strip(" \"'") if found else "utf-8"

    @property
    def text(self):
        try:
            return self.content.decode(self.encoding, "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self):
        return _parsed(self.content, f"the answer of {self.url}")

    def raise_for_status(self):
        """Raises a `ToolError` if the status says that it failed."""
        if not self.ok:
            raise ToolError(f"{self.url} answered with status {self.status}", "http")

    def __repr__(self):
        return f"<Response [{self.status}]>"


_REDIRECTS = {"follow": 0, "manual": 1, "error": 2}


class _Http:
    """HTTP requests, each of which is judged."""

    def request(self, method, url, *, params=None, headers=None, json=None, data=None, redirect="follow"):
        """Asks a server. `json` is a value for the body; `data` is text, bytes, or a dictionary for a form."""
        if redirect not in _REDIRECTS:
            raise ValueError(f'redirect is "follow", "manual" or "error", not {redirect!r}')
        url = str(url)
        if params:
            from urllib.parse import urlencode

            url, mark, fragment = url.partition("#")
            url += ("&" if "?" in url else "?") + (params if isinstance(params, str) else urlencode(params, doseq=True)) + mark + fragment
        fields = [(str(name), str(value)) for name, value in dict(headers or {}).items()]
        named = {name.lower() for name, _ in fields}
        body = kind = None
        if json is not None:
            body, kind = _output.dumps(json, "the body").encode(), "application/json"
        elif isinstance(data, dict) or isinstance(data, (list, tuple)):
            from urllib.parse import urlencode

            body, kind = urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
        elif data is not None:
            body = _bytes(data.read() if hasattr(data, "read") else data, "the body")
            kind = "text/plain;charset=UTF-8" if isinstance(data, str) else None
        if kind and "content-type" not in named:
            fields.append(("content-type", kind))
        return _Started(_belljar.http_start(method.upper(), url, fields, body, _REDIRECTS[redirect]), _belljar.http_take, Response)

    def get(self, url, **options):
        """Asks with GET."""
        return self.request("GET", url, **options)

    def head(self, url, **options):
        """Asks with HEAD."""
        return self.request("HEAD", url, **options)

    def post(self, url, **options):
        """Asks with POST."""
        return self.request("POST", url, **options)

    def put(self, url, **options):
        """Asks with PUT."""
        return self.request("PUT", url, **options)

    def patch(self, url, **options):
        """Asks with PATCH."""
        return self.request("PATCH", url, **options)

    def delete(self, url, **options):
        """Asks with DELETE."""
        return self.request("DELETE", url, **options)


class _Tools:
    """Other tools."""

    def call(self, name, input=None):
        """Calls another tool; its output."""
        name = _text(name, "a tool's name")
        ticket = _belljar.tools_start(name, _output.dumps(input, f"the input of {name}"))
        return _Started(ticket, _belljar.tools_take, lambda text: _parsed(text, f"the output of {name}"))


def _ask(question, choices=()):
    """Asks the person who runs the tool; the answer."""
    if isinstance(choices, str):
        raise TypeError("choices is a list of texts")
    choices = [_text(choice, "a choice") for choice in choices]
    return _Started(_belljar.human_start(_text(question, "a question"), choices), _belljar.human_take)


def artifact(name, media_type, content):
    """Adds a file to the run's report; one of that name is replaced."""
    _belljar.artifact(_text(name, "a name"), _text(media_type, "a media type"), _bytes(content, f"the content of {name}"))


#: What is meant by names that other libraries have.
_MEANT = {
    "kv": {"put": "set", "write": "set", "read": "get", "remove": "delete", "keys": "list", "exists": "get", "compare_and_set": "replace"},
    "files": {
        "read": "read_text or read_bytes", "write_text": "write", "write_bytes": "write", "write_json": "write", "exists": "stat, or os.path.exists",
        "delete": "remove", "unlink": "remove", "mkdir": "make_directory", "listdir": "list", "open": "the function open",
    },
    "http": {"fetch": "request", "urlopen": "request"},
    "tools": {"run": "call", "invoke": "call"},
}


class _Group:
    """Functions that each wait for their answer, or that are awaited."""

    def __init__(self, name, functions, waits):
        self.__name__, self.__doc__ = name, functions.__doc__
        for key in type(functions).__dict__:
            if not key.startswith("_"):
                function = getattr(functions, key)
                self.__dict__[key] = _waiting(function) if waits else function

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        kind = self.__name__
        instead = _MEANT.get(kind, {}).get(name)
        has = ", ".join(key for key in self.__dict__ if not key.startswith("_"))
        raise AttributeError(f"belljar.{kind} has no {name}: it has {has}" + (f"; you may mean {instead}" if instead else ""))


def _waiting(function):
    def wait(*args, **options):
        return function(*args, **options)._result()

    wait.__name__, wait.__doc__ = function.__name__, function.__doc__
    return wait


kv, files, http, tools = (
    _Group(name, functions(), True) for name, functions in (("kv", _Kv), ("files", _Files), ("http", _Http), ("tools", _Tools))
)
ask = _waiting(_ask)
ask.__name__ = "ask"


class aio:
    """The same functions, to be awaited."""

    kv, files, http, tools = (
        _Group(name, functions(), False) for name, functions in (("kv", _Kv), ("files", _Files), ("http", _Http), ("tools", _Tools))
    )
    ask = staticmethod(_ask)


_NAMES = {
    "fetch": "belljar.http.request", "call": "belljar.tools.call", "log": "print, or the module logging", "console": "print",
    "sleep": "time.sleep", "fs": "belljar.files", "storage": "belljar.kv", "store": "belljar.kv", "artifacts": "belljar.artifact",
    "human": "belljar.ask", "prompt": "belljar.ask", "requests": "belljar.http, or the module requests",
}


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    instead = _NAMES.get(name)
    raise AttributeError(f"belljar has no {name}: it has {', '.join(__all__)}" + (f"; you may mean {instead}" if instead else ""))

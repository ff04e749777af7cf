"""What a tool may be granted: keys, files, HTTP, other tools, a person to ask."""

from collections.abc import Awaitable, Sequence
from os import PathLike
from typing import Any, Literal

type Path = str | PathLike[str]
type Mode = Literal["create", "replace", "append"]
type Redirect = Literal["follow", "manual", "error"]

class ToolError(Exception):
    """The tool says that it cannot do its work. `code` is a word for programs to branch on."""

    code: str
    def __init__(self, message: str = "", code: str = "") -> None: ...

class CapabilityDenied(PermissionError):
    """The policy, or a person, refused a request."""

    capability: str
    request: str
    rule: str
    code: Literal["denied"]

class BudgetExhausted(Exception):
    """A budget of the policy is used up."""

    code: Literal["exhausted"]

class RequestError(OSError):
    """A request has no response."""

    code: Literal["not-found", "invalid", "too-large", "timed-out", "other"]

class Stat:
    """What a path names, and its size in bytes."""

    name: str
    kind: Literal["file", "directory", "other"]
    size: int

class Headers(dict[str, str]):
    """Header fields by name, whose case does not matter."""

class Response:
    """What a server answered."""

    status: int
    status_code: int
    url: str
    ok: bool
    headers: Headers
    content: bytes
    text: str
    encoding: str
    def json(self) -> Any: ...
    def raise_for_status(self) -> None: ...

class kv:
    """Keys and values that outlive the run."""

    @staticmethod
    def get(key: str, default: Any = None) -> str | Any: ...
    @staticmethod
    def get_bytes(key: str, default: Any = None) -> bytes | Any: ...
    @staticmethod
    def get_json(key: str, default: Any = None) -> Any: ...
    @staticmethod
    def set(key: str, value: Any) -> None: ...
    @staticmethod
    def set_json(key: str, value: Any) -> None: ...
    @staticmethod
    def delete(key: str) -> None: ...
    @staticmethod
    def replace(key: str, expected: Any, value: Any) -> bool: ...
    @staticmethod
    def list(prefix: str = "", after: str | None = None, limit: int | None = None) -> list[str]: ...

class files:
    """Files below the directories that were granted. `open`, `os` and `pathlib` reach the same ones."""

    @staticmethod
    def read_bytes(path: Path, offset: int = 0, length: int | None = None) -> bytes: ...
    @staticmethod
    def read_text(path: Path) -> str: ...
    @staticmethod
    def read_json(path: Path) -> Any: ...
    @staticmethod
    def write(path: Path, content: Any, mode: Mode = "replace") -> None: ...
    @staticmethod
    def append(path: Path, content: Any) -> None: ...
    @staticmethod
    def list(path: Path, after: str | None = None, limit: int | None = None) -> list[Stat]: ...
    @staticmethod
    def stat(path: Path) -> Stat: ...
    @staticmethod
    def remove(path: Path) -> None: ...
    @staticmethod
    def make_directory(path: Path) -> None: ...

class http:
    """HTTP requests, each of which is judged."""

    @staticmethod
    def request(
        method: str, url: str, *, params: Any = None, headers: Any = None, json: Any = None, data: Any = None, redirect: Redirect = "follow"
    ) -> Response: ...
    @staticmethod
    def get(url: str, **options: Any) -> Response: ...
    @staticmethod
    def head(url: str, **options: Any) -> Response: ...
    @staticmethod
    def post(url: str, **options: Any) -> Response: ...
    @staticmethod
    def put(url: str, **options: Any) -> Response: ...
    @staticmethod
    def patch(url: str, **options: Any) -> Response: ...
    @staticmethod
    def delete(url: str, **options: Any) -> Response: ...

class tools:
    """Other tools."""

    @staticmethod
    def call(name: str, input: Any = None) -> Any: ...

def ask(question: str, choices: Sequence[str] = ()) -> str:
    """Asks the person who runs the tool; the answer."""

def artifact(name: str, media_type: str, content: Any) -> None:
    """Adds a file to the run's report; one of that name is replaced."""

class aio:
    """The same functions, to be awaited, so that requests run side by side."""

    class kv:
        @staticmethod
        def get(key: str, default: Any = None) -> Awaitable[str | Any]: ...
        @staticmethod
        def get_bytes(key: str, default: Any = None) -> Awaitable[bytes | Any]: ...
        @staticmethod
        def get_json(key: str, default: Any = None) -> Awaitable[Any]: ...
        @staticmethod
        def set(key: str, value: Any) -> Awaitable[None]: ...
        @staticmethod
        def set_json(key: str, value: Any) -> Awaitable[None]: ...
        @staticmethod
        def delete(key: str) -> Awaitable[None]: ...
        @staticmethod
        def replace(key: str, expected: Any, value: Any) -> Awaitable[bool]: ...
        @staticmethod
        def list(prefix: str = "", after: str | None = None, limit: int | None = None) -> Awaitable[list[str]]: ...

    class files:
        @staticmethod
        def read_bytes(path: Path, offset: int = 0, length: int | None = None) -> Awaitable[bytes]: ...
        @staticmethod
        def read_text(path: Path) -> Awaitable[str]: ...
        @staticmethod
        def read_json(path: Path) -> Awaitable[Any]: ...
        @staticmethod
        def write(path: Path, content: Any, mode: Mode = "replace") -> Awaitable[None]: ...
        @staticmethod
        def append(path: Path, content: Any) -> Awaitable[None]: ...
        @staticmethod
        def list(path: Path, after: str | None = None, limit: int | None = None) -> Awaitable[list[Stat]]: ...
        @staticmethod
        def stat(path: Path) -> Awaitable[Stat]: ...
        @staticmethod
        def remove(path: Path) -> Awaitable[None]: ...
        @staticmethod
        def make_directory(path: Path) -> Awaitable[None]: ...

    class http:
        @staticmethod
        def request(
            method: str, url: str, *, params: Any = None, headers: Any = None, json: Any = None, data: Any = None,
            redirect: Redirect = "follow",
        ) -> Awaitable[Response]: ...
        @staticmethod
        def get(url: str, **options: Any) -> Awaitable[Response]: ...
        @staticmethod
        def head(url: str, **options: Any) -> Awaitable[Response]: ...
        @staticmethod
        def post(url: str, **options: Any) -> Awaitable[Response]: ...
        @staticmethod
        def put(url: str, **options: Any) -> Awaitable[Response]: ...
        @staticmethod
        def patch(url: str, **options: Any) -> Awaitable[Response]: ...
        @staticmethod
        def delete(url: str, **options: Any) -> Awaitable[Response]: ...

    class tools:
        @staticmethod
        def call(name: str, input: Any = None) -> Awaitable[Any]: ...

    @staticmethod
    def ask(question: str, choices: Sequence[str] = ()) -> Awaitable[str]: ...

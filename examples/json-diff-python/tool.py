"""Lists the differences between two JSON values as JSON Patch operations (RFC 6902)."""

from collections.abc import Iterator
from typing import Any


def pointer(path: str, key: str | int) -> str:
    return f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"


def differences(before: Any, after: Any, path: str = "") -> Iterator[dict]:
    match before, after:
        case dict(), dict():
            for key in before:
                if key not in after:
                    yield {"op": "remove", "path": pointer(path, key)}
            for key, value in after.items():
                if key in before:
                    yield from differences(before[key], value, pointer(path, key))
                else:
                    yield {"op": "add", "path": pointer(path, key), "value": value}
        case list(), list():
            common = min(len(before), len(after))
            for index in range(common):
                yield from differences(before[index], after[index], pointer(path, index))
            for index in reversed(range(common, len(before))):
                yield {"op": "remove", "path": pointer(path, index)}
            for value in after[common:]:
                yield {"op": "add", "path": f"{path}/-", "value": value}
        case _ if type(before) is not type(after) or before != after:
            yield {"op": "replace", "path": path, "value": after}


def run(before: Any, after: Any) -> dict:
    patch = list(differences(before, after))
    return {"equal": not patch, "patch": patch}

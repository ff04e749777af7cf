"""Greets somebody, and remembers how often."""

from typing import TypedDict

import belljar

tool = {
    "name": "NAME",
    "wants": ["kv greeted/**"],
}


class Greeting(TypedDict):
    greeting: str
    times: int


def run(name: str) -> Greeting:
    """Greets somebody, and remembers how often.

    Args:
        name: Who is greeted.
    """
    key = f"greeted/{name}"
    times = int(belljar.kv.get(key, 0)) + 1
    belljar.kv.set(key, str(times))
    return {"greeting": f"Hello, {name}!", "times": times}

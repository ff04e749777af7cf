"""Greets."""

import belljar

tool = {"name": "greeter", "wants": ["kv greeted/**"]}


def run(name: str, times: int = 2) -> list[str]:
    belljar.kv.set(f"greeted/{name}", {"times": times})
    return [f"Hello, {name}!"] * times + belljar.kv.list("greeted/") + [str(belljar.kv.get_json(f"greeted/{name}"))]

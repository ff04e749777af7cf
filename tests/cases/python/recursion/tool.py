import json


def deeper(n):
    return deeper(n + 1)


def nested_key(x):
    return max([x], key=nested_key)


def nested_repr():
    made = []
    for _ in range(100_000):
        made = [made]
    return repr(made)


def run(input):
    found = []
    for act in (
        lambda: deeper(0),
        lambda: json.loads("[" * 100_000),
        lambda: nested_key(1),
        nested_repr,
        lambda: eval("(" * 1000 + ")" * 1000),
        lambda: eval("-" * 100_000 + "1"),
        lambda: sorted([1, 2], key=lambda x: deeper(x)),
    ):
        try:
            act()
            found.append("ended")
        except (RecursionError, MemoryError, SyntaxError) as error:
            found.append(type(error).__name__)
    return found

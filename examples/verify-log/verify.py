#!/usr/bin/env python3
"""Checks logs of Belljar by docs/log.md alone, with nothing but Python's standard library.

    verify.py [--head HEX] LOG...

prints the entries and head of each log, or what does not hold first. Exit codes as of `belljar log verify`: 0 whole,
1 does not hold, 2 unreadable, 3 a torn last line, 4 no end; of several logs, the highest.
"""

import argparse, hashlib, json, sys

LONGEST = 1 << 20  # bytes of a line
GREATEST = 1 << 53  # of whole numbers: beyond it they are not the same everywhere
VERSIONS = 1, 2  # of the format


class Broken(Exception): ...


def keys_once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise Broken("a key is there twice")
    return dict(pairs)


def whole_number(text):
    if len(text) > 16 or not text.isdigit() or int(text) > GREATEST:
        raise Broken(f"{text[:20]} is not a number that logs have")
    return int(text)


def canonical(value):
    """The text of a value by RFC 8785, as far as logs need it: strings, whole numbers, arrays, objects."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str) or type(value) is int:
        return json.dumps(value, ensure_ascii=False)
    raise Broken(f"{str(value)[:20]} is none of: string, whole number, array, object")


def entry(line):
    try:
        value = json.loads(line.decode(), object_pairs_hook=keys_once, parse_int=whole_number, parse_float=whole_number)
        form = canonical(value).encode()
    except (ValueError, RecursionError) as error:
        raise Broken(f"it is not JSON in UTF-8: {error}") from None
    if not isinstance(value, dict) or form != line:
        raise Broken("it is not an object in canonical form")
    return value


class Chain:
    """The lines of one run."""

    def __init__(self):
        self.count, self.head, self.ended, self.calls = 0, "0" * 64, False, {}

    def add(self, line, value):
        if self.ended:
            raise Broken("it stands after the end")
        if value.get("n") != self.count:
            raise Broken(f"it is numbered {value.get('n')}")
        if value.get("prev") != self.head:
            raise Broken("its prev is not the hash of the line before: one of the two was changed")
        if (value.get("kind") == "start") != (self.count == 0):
            raise Broken("start is the first entry, and no other")
        if self.count == 0 and value.get("version") not in VERSIONS:
            raise Broken(f"its version is {value.get('version')}")
        self.count, self.head, self.ended = self.count + 1, hashlib.sha256(line).hexdigest(), value.get("kind") == "end"


def linked(chains, run, value):
    """Checks what binds a run to those that it called, and to the one that called it."""
    chain, above = chains[run], run.rpartition(".")[0]
    kind, ticket = value.get("kind"), value.get("ticket")
    below = f"{run}.{ticket}".lstrip(".")
    if run and kind == "start" and value.get("caller") != chains[above].calls.get(run):
        raise Broken("its caller is not the entry that calls it")
    if kind == "request" and value.get("capability") == "tools":
        chain.calls[below] = chain.head
    if kind == "result" and value.get("log") != (chains[below].head if below in chains else None):
        raise Broken("its log is not the head of the run that it is the result of")
    if kind in ("result", "end"):
        within = below + "." if kind == "result" else run + "." if run else ""
        for name, called in chains.items():
            if name != run and (name == below or name.startswith(within)) and not called.ended:
                raise Broken(f"the called run {name} has not ended before it")


def check(log, each=lambda value: None):
    """The number of entries of the first run, its head, whether its end is there, and the bytes of a torn last line. Shows
    `each` entry once it holds."""
    chains = {"": Chain()}
    while line := log.readline(LONGEST + 1):
        if not line.endswith(b"\n"):
            if len(line) > LONGEST:
                raise Broken(f"entry {chains[''].count}: it is longer than {LONGEST} bytes")
            break
        line, run = line[:-1], ""
        try:
            value = entry(line)
            run = value.get("run", "")
            if run and run not in chains:
                above = chains.get(run.rpartition(".")[0])
                if above is None or run not in above.calls:
                    raise Broken(f"it is of a run that no entry before calls: {run}")
                chains[run] = Chain()
            if chains[""].ended:
                raise Broken("it stands after the end")
            chains[run].add(line, value)
            linked(chains, run, value)
            each(value)
        except Broken as broken:
            count = chains[run].count if run in chains else 0
            raise Broken(f"entry {count}{' of the called run ' + run if run else ''}: {broken}") from None
    first = chains[""]
    if first.count == 0:
        raise Broken("entry 0: there is none")
    return first.count, first.head, first.ended, len(line)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("logs", nargs="+", metavar="LOG")
    arguments.add_argument("--head", help="the hash of the last line, known from elsewhere")
    given = arguments.parse_args()
    codes = []
    for path in given.logs:
        try:
            with open(path, "rb") as log:
                count, head, ended, torn = check(log)
            if given.head and head != given.head.lower():
                raise Broken(f"{count} entries hold, but the head is {head}")
            code, end = (3, "; the last line is torn") if torn else (0, "") if ended else (4, "; there is no end")
            said = f"{count} entries hold; head {head}{end}"
        except (Broken, OSError) as error:
            code, said = 1 if isinstance(error, Broken) else 2, error
        print(f"{path}: {said}")
        codes.append(code)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Recomputes every digest of a recording by docs/log.md alone: of the input, the policy, each request that a person was
asked about, each question, each result; and says which digest `belljar resume --as-recorded` takes.

    recording.py RECORDING...

Exit codes: 0 all of them are those that the log names, 1 one is not, 2 unreadable; of several recordings, the highest.
It knows version 2. Whether a signature is good it does not say.
"""

import hashlib, io, json, re, sys, tarfile

from verify import Broken, check


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def policy_digest(policy):
    """Each list of rules stands with one rule a line; it is sorted by the bytes of the rules, and has each once."""
    lines, rules = [], None
    for line in policy.decode().split("\n"):
        if rules is None:
            lines.append(line)
            if line.endswith(" = ["):
                rules = set()
        elif line == "]":
            lines += sorted(rules, key=rule_bytes) + [line]
            rules = None
        else:
            rules.add(line)
    return sha256(b"belljar policy 2\n", "\n".join(lines).encode())


def rule_bytes(line):
    """The rule of a line such as `  "get a\\"b",`, without its escapes."""
    character = lambda found: chr(int(found[1], 16)) if found[1] else found[2]
    return re.sub(r'\\(?:U([0-9A-F]{8})|(["\\]))', character, line.strip()[1:-2]).encode()


def request_digest(request):
    return sha256(b"belljar request, version 2\n", request)


def question_digest(prev, content):
    return sha256(f"belljar question, version 1\n{prev}\n{content}\n".encode())


class Digests:
    """Compares what the entries of a run name with the parts of its recording, which stand at `place`."""

    def __init__(self, parts, place=""):
        self.parts, self.place, self.named, self.questions = parts, place, set(), {}
        self.start, self.rules, self.approved, self.hops, self.ended = {}, {}, {}, set(), False

    def same(self, what, named, made):
        if named != made:
            raise Broken(f"{what} has the digest {made}, and the log names {named}")

    def part(self, name):
        name = self.place + name
        if name not in self.parts or name in self.named:
            raise Broken(f"{name} is missing, or named twice")
        self.named.add(name)
        return self.parts[name]

    def entry(self, value):
        kind, ticket = value["kind"], value.get("ticket")
        if kind == "start":
            if value["version"] != 2:
                raise Broken("the recording's log is not of version 2")
            self.same("input.json", value["input"], sha256(self.part("input.json")))
            # A called run is under the meet of its own policy and its caller's, which no file says.
            if not self.place:
                self.same("policy.toml", value["policy"], policy_digest(self.part("policy.toml")))
            self.start = value
        elif kind in ("request", "redirect"):
            if kind == "redirect":
                self.hops.add(ticket)
            if value["verdict"] == "ask":
                self.rules[ticket] = value["rule"].encode()
        elif kind == "question":
            # What a hop asks for follows from the request and the redirect, and is not kept by itself.
            if ticket not in self.hops:
                request = request_digest(self.part(f"requests/{ticket}"))
                self.same(f"requests/{ticket}", value["content"], request)
            self.same("the question", value["digest"], question_digest(value["prev"], value["content"]))
            self.questions[ticket] = value["digest"]
        elif kind == "answer":
            self.same("the question that is answered", value["digest"], self.questions.get(ticket))
            if "edited" in value:
                self.same(f"edited/{ticket}", value["edited"], request_digest(self.part(f"edited/{ticket}")))
            if value.get("scope") == "rule" and value["answer"] == "yes":
                self.approved[self.rules[ticket]] = value.get("expires")
            elif value.get("scope") == "rule":
                # A later answer takes the place of an earlier one.
                self.approved.pop(self.rules[ticket], None)
        elif kind == "end":
            self.ended = True
        elif kind == "result":
            self.same(f"results/{ticket}", value["sha256"], sha256(self.part(f"results/{ticket}")))

    def approval(self, rule):
        """A rule that a person approved, and until when that holds."""
        expires = self.approved[rule]
        return sha256(rule) if expires is None else f"{sha256(rule)} {expires}"

    def asks(self, called):
        """What identifies all that the recording asks for, and for which tools."""
        lines = [self.start["toolHash"], self.start["policy"]] + [self.approval(rule) for rule in sorted(self.approved)]
        for run, digests in called:
            lines.append(f"{run} {digests.start['toolHash']}")
            lines += [f"{run} {digests.approval(rule)}" for rule in sorted(digests.approved) if not digests.ended]
        return sha256(b"belljar asks, version 2\n", "".join(line + "\n" for line in lines).encode())

    def finish(self):
        for name in self.parts:
            contents = (self.place + "requests/", self.place + "edited/", self.place + "results/")
            if name.startswith(contents) and name not in self.named:
                raise Broken(f"{name}: no entry of the log names it")


def verify(path):
    with tarfile.open(path, "r:") as archive:
        parts = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
    said = json.loads(parts["recording.json"])
    if said["recording"] != 2:
        raise Broken(f"it is a recording of version {said['recording']}")
    runs = {"": Digests(parts)} | {run: Digests(parts, f"calls/{run}/") for run in said.get("calls", {})}
    count, head, ended, torn = check(io.BytesIO(parts["log.jsonl"]), lambda value: runs[value.get("run", "")].entry(value))
    digests = runs[""]
    called = sorted(((run, found) for run, found in runs.items() if run), key=lambda of: [int(n) for n in of[0].split(".")])
    for run in runs.values():
        run.finish()
    for name in parts:
        if name.startswith("tools/") and name != "tools/" + sha256(parts[name]):
            raise Broken(f"{name} is not what its name says")
    if torn or ended == ("timeLeftMs" in said):
        raise Broken("its log ends where that of no recording ends")
    if "log.jsonl.sig" in parts:
        signed = json.loads(parts["log.jsonl.sig"])
        if (signed["entries"], signed["head"]) != (count, head):
            raise Broken("log.jsonl.sig is that of another log")
    return f"{count} entries, {sum(len(run.named) for run in runs.values())} parts hold; head {head}; asks {digests.asks(called)}"


def main():
    codes = []
    for path in sys.argv[1:]:
        try:
            code, said = 0, verify(path)
        except (Broken, KeyError, TypeError, ValueError) as error:
            code, said = 1, f"{type(error).__name__}: {error}" if not isinstance(error, Broken) else error
        except (OSError, tarfile.TarError) as error:
            code, said = 2, error
        print(f"{path}: {said}")
        codes.append(code)
    return max(codes, default=2)


if __name__ == "__main__":
    sys.exit(main())

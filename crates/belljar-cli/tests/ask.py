"""Answers the program's questions on a terminal of its own: ask.py BELLJAR TOOL SEVERAL KEEPS, where SEVERAL asks three times at once, and
KEEPS asks to keep "milk", then to read it again, and returns it. Prints what went wrong."""

import os
import pty
import select
import sys
import time

BELLJAR, TOOL, SEVERAL, KEEPS = sys.argv[1:]
PROMPT = b"follow n or x: "
ENDS = (b"n or x: ", b"x or s: ", b"what was asked: ", b"e or b: ")


def run(answers, early=b"", tool=None, editor=None, flags=("--ask", "kv **"), ends=ENDS):
    """The exit code and all that was shown. Each answer is typed when a question stands there."""
    pid, terminal = pty.fork()
    if pid == 0:
        for name in ("VISUAL", "EDITOR"):
            os.environ.pop(name, None)
        if editor:
            os.environ["EDITOR"] = editor
        os.environ["BELLJAR_SECRET_OF_OTHERS"] = "hidden"
        os.execv(BELLJAR, ["belljar", "run", tool or TOOL, "--input", '{"line":"milk"}', *flags])
    shown, answers, asked = b"", list(answers), 0
    if early:
        os.write(terminal, early)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                part = b""
            if not part:
                break
            shown += part
        elif answers and (shown.count(PROMPT) > asked or shown.endswith(ends)):
            asked = shown.count(PROMPT)
            os.write(terminal, answers.pop(0))
    else:
        os.kill(pid, 9)
        shown += b"\n(killed: it did not end)"
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode(errors="replace")


CASES = [
    ("each question is asked", [b"y\n", b"y\n"], b"", 0, "set notes/all"),
    ("no is no", [b"y\n", b"n\n"], b"", 5, "the person at the terminal answered no"),
    ("a no has a reason", [b"y\n", b"n because it is late\n"], b"", 5, "the person at the terminal answered no, because: it is late"),
    ("a reason is a line that can be seen", [b"n \xe2\x80\xae\n", b"n\n"], b"", 5, "the reason is not taken"),
    ("always holds for the run", [b"a\n", b"a\n"], b"", 0, "1"),
    ("another word is asked about again", [b"what\n", b"n\n"], b"", 5, "Please answer y, a, n or x"),
    ("what was typed before the question is no answer", [b"n\n"], b"y\ny\n", 5, "answered no"),
    ("always can end", [b"a 10m\n"], b"", 0, "1"),
    ("a time is one", [b"a soon\n", b"a 1 h\n"], b"", 0, "is not a duration"),
    ("a no to all of it is the last question", [b"x\n"], b"", 5, "the person at the terminal answered no"),
    ("what cannot be undone is said", [b"y\n", b"n\n"], b"", 5, "cannot be undone: What the key holds now"),
    ("the rule and the narrowest one are shown", [b"n\n"], b"", 5, "--allow 'kv get notes/all' is this request alone"),
    ("the bell rings", [b"n\n"], b"", 5, "\x07"),
    ("Ctrl-C cancels", [b"\x03"], b"", 130, "cancelled"),
    ("a closed terminal is nobody", [b"\x04"], b"", 5, "nobody was there to ask"),
]

# Of three keys that are set at once: which are kept.
TOGETHER = [
    ("one answer to all", [b"y\n"], '["kept","kept","kept"]'),
    ("no to each", [b"n because it is late\n"], '["denied","denied","denied"]'),
    ("no to all of it", [b"x\n"], '["denied","denied","denied"]'),
    ("always", [b"a\n"], '["kept","kept","kept"]'),
    ("one by one", [b"s\n", b"y\n", b"n\n", b"y\n"], '["kept","denied","kept"]'),
    ("one by one, until a no to all", [b"s\n", b"y\n", b"x\n"], '["kept","denied","denied"]'),
]

# What an editor makes of "milk" before it is kept.
CHANGED = [
    ("a value is changed", "sed -i s/milk/cheese/", [b"e\n", b"y\n", b"y\n"], 0, '"cheese"'),
    ("what was changed is shown", "sed -i s/milk/cheese/", [b"e\n", b"n\n"], 5, "- milk\r\n  + cheese"),
    ("a report says so", "sed -i s/milk/cheese/", [b"e\n", b"y\n", b"y\n"], 0, "a person changed content of kv set notes/all"),
    ("a changed request is refused", "sed -i s/milk/cheese/", [b"e\n", b"n\n"], 5, "the person at the terminal answered no"),
    ("back is to what was asked", "sed -i s/milk/cheese/", [b"e\n", b"b\n", b"y\n", b"y\n"], 0, '"milk"'),
    ("again is from the change on", "sed -i s/milk/milkmilk/", [b"e\n", b"e\n", b"y\n", b"y\n"], 0, '"milkmilkmilk"'),
    ("nothing changed is not approved", "true", [b"e\n", b"y\n", b"b\n", b"n\n"], 5, "nothing is changed: a yes approves it as it is"),
    ("another key is none of this request", "sed -i s:notes/all:notes/b:", [b"e\n", b"y\n", b"n\n"], 5, "Please answer n, e or b"),
    ("an editor that fails changes nothing", "false", [b"e\n", b"n\n"], 5, "so nothing is changed"),
    ("an editor that is not there", "no-such-editor", [b"e\n", b"n\n"], 5, "so nothing is changed"),
    ("no editor", None, [b"e\n", b"n\n"], 5, "name one in VISUAL or EDITOR"),
    ("a file without its end changes nothing", "sed -i /^#/d", [b"e\n", b"n\n"], 5, "the last lines of the file are gone"),
    ("an editor gets no secrets", 'test -z "$BELLJAR_SECRET_OF_OTHERS" && sed -i s/milk/tea/', [b"e\n", b"y\n", b"y\n"], 0, '"tea"'),
    ("reading cannot be changed", "true", [b"y\n", b"e\n", b"n\n"], 5, "Please answer y, a, n or x"),
]

failed = 0

# A question that nobody answers in time makes room for the next one: the first key is not kept, the second is.
FIRST_EXPIRES = os.path.join(os.path.dirname(TOOL), "expires.ts")
with open(FIRST_EXPIRES, "w") as file:
    file.write(
        "export default async () => { const set = (key) => belljar.kv.set(key, key).then(() => `kept ${key}`, (error) => error.code);"
        " return [await set('a'), await set('b')]; };"
    )
POLICY = os.path.join(os.path.dirname(TOOL), "expires.toml")
with open(POLICY, "w") as file:
    file.write('version = 1\n[ask]\nexpires = "2s"\n[kv]\nask = ["write *"]\n')
found, shown = run([b"", b"y\n"], tool=FIRST_EXPIRES, flags=("--policy", POLICY), ends=())
if found != 0 or '["denied","kept b"]' not in shown or "is withdrawn" not in shown:
    failed += 1
    print(f"a question that expires: exit {found}, expected the second to be kept in:\n{shown}")
for name, editor, answers, code, text in CHANGED:
    found, shown = run(answers, tool=KEEPS, editor=editor)
    if found != code or text not in shown:
        failed += 1
        print(f"{name}: exit {found}, expected {code} and {text!r} in:\n{shown}")
for name, answers, text in TOGETHER:
    found, shown = run(answers, tool=SEVERAL)
    if found != 0 or text not in shown or "set notes/2" not in shown or "3 questions were asked" not in shown:
        failed += 1
        print(f"{name}: exit {found}, expected {text!r} in:\n{shown}")
for name, answers, early, code, text in CASES:
    found, shown = run(answers, early)
    if found != code or text not in shown:
        failed += 1
        print(f"{name}: exit {found}, expected {code} and {text!r} in:\n{shown}")
sys.exit(1 if failed else 0)

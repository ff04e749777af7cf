#!/usr/bin/env python3
"""Runs generated hostile tools with the program `belljar`, under its default limits: loop.py PROGRAM [COUNT] [SEED]

Each must end by itself: with an exit code of its own (never 1, a signal or a panic), within its time, and with at most
1 GiB of memory in any of its processes. Modules, TypeScript, schemas and JavaScript are made in turn; one in 40 is Rust.
Where it may, it puts all of them in a control group of 1 GiB besides."""
import concurrent.futures as futures
import os
import random
import subprocess
import sys
import tempfile
import time

MOST_MEMORY = 1 << 30
# The default time of a run, that of compiling, and what a busy machine adds.
MOST_TIME = 10 + 10 + 10
# Rust is built by cargo, which has a time of its own.
MOST_TIME_RUST = 300
ENDINGS = {0, 2, 3, 4, 5, 6, 124}


def module(r):
    """A core module of the tools' world whose functions are dear to compile."""
    kind = r.randrange(8)
    size = r.choice([10, 100, 1000, 3000])
    locals_ = r.choice([1, 50, 1000, 9000, 40000])
    loops = r.choice([1, 20, 200, 900])
    body = ""
    if kind == 0:
        body = "(func (local " + "i32 " * locals_ + ")" + " loop" * loops
        body += "".join(f" local.get {i} local.get {i * 7 % locals_} i32.add local.set {i}" for i in range(min(locals_, size)))
        body += " local.get 0 br_if 0 end" * loops + ")"
    elif kind == 1:
        body = "".join(f"(func $f{i} (result i64) i64.const {i})" for i in range(size))
        body += "(func (result i64) " + "".join(f"call $f{i} " for i in range(size)) + "i64.add " * (size - 1) + ")"
    elif kind == 2:
        body = "(func (param i32) " + "block " * loops + "local.get 0 br_table " + " ".join(str(r.randrange(loops + 1)) for _ in range(size * 10)) + " end" * loops + ")"
    elif kind == 3:
        body = "".join(f"(func (local {'i64 ' * r.randrange(40)}) {'nop ' * r.randrange(200)})" for _ in range(size))
    elif kind == 4:
        body = f"(table {r.choice([1, 10**5, 10**9])} funcref)" + "(func)" * size
    elif kind == 5:
        body = f'(data (i32.const {r.choice([0, 70000, 2**31])}) "{"a" * size * 100}")'
    elif kind == 6:
        body = "(func (result f64) (local f64) " + "local.get 0 f64.sqrt local.tee 0 " * size + "f64.add " * (size - 1) + ")"
    else:
        body = "(func (param v128) (result v128) local.get 0 " + "local.get 0 i32x4.add " * size + ")"
    memory = r.choice([1, 1, 1, 1000, 65536])
    return "tool.wat", f"""(module (memory (export "memory") {memory})
  (data (i32.const 16) "\\00\\00\\00\\00\\20\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 32) "42")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
  (func (export "run") (param i32 i32) (result i32) (i32.const 16)) {body})"""


def typescript(r):
    """A source that is small and large to compile."""
    n = r.choice([5, 20, 40, 200, 3000])
    kinds = [
        lambda: "enum E { a0 = 'xxxxxxxx', " + ", ".join(f"a{i} = a{i-1} + a{i-1}" for i in range(1, n)) + " }",
        lambda: "type T0 = 'a' | 'b'; " + "".join(f"type T{i} = `${{T{i-1}}}${{T{i-1}}}`; " for i in range(1, n)),
        lambda: "type A<T> = { a: A<[T, T]>, b: A<T[]> }; type T0 = A<string>;",
        lambda: "".join(f"interface I{i} {{ a: I{(i * 7 + 1) % n}; b?: I{(i + 1) % n}[] }} " for i in range(n)) + "type T0 = I0;",
        lambda: "type T0 = " + " & ".join("(" + " | ".join(f"{{ k{i}{j}: {j} }}" for j in range(6)) + ")" for i in range(min(n, 60))) + ";",
        lambda: "const v = " + r.choice(["[", "(", "!", "-", "{a:", "() => ", "a?b:", "new "]) * n * r.choice([1, 10, 100]) + "1;",
        lambda: "const c0 = { a: 1 }; " + "".join(f"const c{i} = {{ ...c{i-1}, x: [c{i-1}, c{i-1}] }}; " for i in range(1, n)) + f"export const tool = {{ name: 't', input: c{n-1} }};",
        lambda: "namespace A { export let x = 1; } " * n,
        lambda: "class C { " + "".join(f"accessor f{i} = 1; " for i in range(n)) + "}",
        lambda: "const t = `" + "${`" * n + "`}" * n + "`;",
        lambda: "type T0 = { " + "".join(f"f{i}: keyof T0; " for i in range(n)) + "};",
        lambda: "type F<N extends number, A extends unknown[] = []> = A['length'] extends N ? A : F<N, [...A, 1]>; type T0 = F<999>;",
        lambda: "".join(r.choice("(){}[]<>`'\"/\\*;:,.!?=+-@#$%^&|~ \n") for _ in range(n * 20)),
        lambda: "export enum E" + str(n) + " { " + ", ".join(f"k{i} = 1 << {i}" for i in range(n)) + " }",
    ]
    made = r.choice(kinds)()
    argument = "input: T0" if "T0" in made else "input: unknown"
    return "tool.ts", f"{made}\nexport default function run({argument}): unknown {{ return 1; }}\n"


def schema(r, depth=0):
    """A schema of keywords that multiply."""
    if depth > r.choice([1, 2, 3, 4]):
        return r.choice(["true", "{}", '{"type":"string"}', '{"$ref":"#"}', '{"$ref":"#/$defs/a"}'])
    inner = lambda: schema(r, depth + 1)
    many = lambda n: ",".join(inner() for _ in range(n))
    return r.choice([
        lambda: f'{{"anyOf":[{many(r.randrange(1, 6))}]}}',
        lambda: f'{{"allOf":[{many(r.randrange(1, 6))}],"oneOf":[{many(2)}]}}',
        lambda: '{"type":"object","properties":{' + ",".join(f'"p{i}":{inner()}' for i in range(r.randrange(1, 8))) + "}}",
        lambda: f'{{"type":"array","items":{inner()},"uniqueItems":true,"contains":{inner()}}}',
        lambda: f'{{"if":{inner()},"then":{inner()},"else":{inner()},"unevaluatedProperties":{inner()}}}',
        lambda: '{"type":"string","pattern":"' + r.choice(["(a+)+$", "(a|a)*b", "((a{1,10}){1,10}){1,10}", "^(\\\\\\\\w+\\\\\\\\s?)*$", "(?=(a*)*)b", "[\\\\\\\\p{L}\\\\\\\\p{Script=Greek}]{1,500}"]) + '"}',
        lambda: '{"default":"' + "x" * r.choice([1, 100, 3000]) + '"}',
        lambda: f'{{"patternProperties":{{"^.*a.*a.*a.*$":{inner()}}},"propertyNames":{inner()}}}',
    ])()


def with_schema(r):
    made = schema(r)
    return "tool.js", f'export const tool = {{ name: "t", input: {{ "$defs": {{ "a": {schema(r)} }}, "allOf": [{made}] }} }};\nexport default (input) => input;\n'


def javascript(r):
    """A program that tries to make the host work, or itself never end."""
    return "tool.js", "export default async () => {\n" + r.choice([
        "let s = 'x'; for (;;) s += s;",
        "const a = []; for (;;) a.push(new Array(1e5).fill(a));",
        "const f = () => f() + 1; try { f(); } catch {} return 'x'.repeat(2e6);",
        "return /^(a+)+$/.test('a'.repeat(40) + 'b');",
        "for (let i = 0; ; i++) console.log('x'.repeat(1e5));",
        "for (let i = 0; ; i++) belljar.artifact('f' + i, 'text/plain', 'x'.repeat(1e6));",
        "await Promise.all(Array.from({ length: 1e5 }, (_, i) => belljar.kv.set('k' + i, 'x'.repeat(1e5)).catch(() => 0)));",
        "let v = []; for (let i = 0; i < 1e6; i++) v = [v]; return v;",
        "return JSON.parse('['.repeat(1e6));",
        "for (;;) await Promise.resolve();",
        "for (;;) await new Promise((r) => setTimeout(r));",
        "return Array.from({ length: 3e5 }, () => Math.random()).sort(() => Math.random() - 0.5).length;",
        "return new Intl.NumberFormat('de-DE', { maximumFractionDigits: 20 }).format(1e300).repeat(1e5);",
        "const m = new Map(); for (let i = 0; ; i++) m.set({}, 'x'.repeat(1000));",
        "return structuredClone(Array.from({ length: 1e6 }, (_, i) => ({ i })));",
        "await Promise.all(Array.from({ length: 1e4 }, () => belljar.ask('x'.repeat(4000)).catch(() => 0)));",
        "return 'x'.repeat(5e8);",
        "throw new Error('x'.repeat(1e7));",
        "const e = new Error('a'); e.cause = e; throw new AggregateError(Array(1e5).fill(e), 'many');",
        "return new Proxy({}, { ownKeys: () => Array.from({ length: 1e5 }, (_, i) => 'k' + i), getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }) });",
    ]) + "\n};\n"


def rust(r):
    """A file that keeps rustc busy, or asks it for what is not the tool's."""
    return "tool.rs", r.choice([
        "macro_rules! m { ($($t:tt)*) => { m!($($t)* $($t)*) } } m!(a);",
        "const fn f(n: u64) -> u64 { let mut i = 0; while i < n { i += 1; } i } const X: u64 = f(u64::MAX);",
        "const X: &str = include_str!(\"/etc/passwd\");",
        "const X: Option<&str> = option_env!(\"HOME\");",
        "mod x { include!(\"/proc/self/environ\"); }",
        "trait T { const N: usize; } struct S<A>(A); impl<A: T> T for S<A> { const N: usize = <S<S<A>> as T>::N; }",
        "type A = ((((((((((u8,),),),),),),),),),); static X: [u8; 1 << 40] = [0; 1 << 40];",
        "#[path = \"/etc/hostname\"] mod x;",
    ]) + "\n#[belljar::tool]\nfn run() -> u32 { 1 }\n"


def one(job):
    number, program, seed = job
    r = random.Random(seed)
    make = rust if number % 40 == 39 else [module, typescript, with_schema, typescript, module, with_schema, javascript, typescript][number % 8]
    with tempfile.TemporaryDirectory() as folder:
        name, text = make(r)
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
        begun = time.monotonic()
        output = open(os.path.join(folder, "said"), "wb+")
        process = subprocess.Popen(
            [program, "run", name, "--input", "{}", "--allow", "kv **"], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=output
        )
        most = MOST_TIME_RUST if name.endswith(".rs") else MOST_TIME
        usage = None
        while usage is None and time.monotonic() - begun < most:
            pid, status, rusage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                usage = (os.waitstatus_to_exitcode(status), rusage.ru_maxrss * 1024)
                process.returncode = usage[0]
            else:
                time.sleep(0.005)
        took = time.monotonic() - begun
        if usage is None:
            process.kill()
            process.wait()
            usage = ("hangs", 0)
        output.seek(0)
        said = output.read(4096).decode("utf-8", "replace")
        code, memory = usage
        # What rustc takes is bounded by a limit of its own.
        wrong = code not in ENDINGS or "panicked" in said or (memory > MOST_MEMORY and not name.endswith(".rs"))
        return wrong, f"input {number} ({make.__name__}, seed {seed}): exit {code}, {took:.1f} s, {memory >> 20} MiB: {said[:300]!r}", took, memory, make.__name__, code


def confine():
    """A control group of 1 GiB for all that follows, if this machine lets us make one."""
    unified = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    parent, limit = ("/sys/fs/cgroup", "memory.max") if unified else ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
    folder = f"{parent}/belljar-{os.getpid()}"
    try:
        os.mkdir(folder)
        for name, text in ((limit, str(MOST_MEMORY)), ("cgroup.procs", str(os.getpid()))):
            with open(os.path.join(folder, name), "r+") as file:
                file.write(text)
        return "within a control group of 1 GiB"
    except OSError as error:
        return f"without a control group ({error})"


def main():
    program = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"{count} inputs, seed {seed}, {confine()}", flush=True)
    jobs = [(number, program, seed * 1_000_000 + number) for number in range(count)]
    bad, worst, table = 0, (0, 0), {}
    with futures.ThreadPoolExecutor(2) as pool:
        for wrong, told, took, memory, kind, code in pool.map(one, jobs):
            if wrong:
                bad += 1
            if wrong or os.environ.get("BELLJAR_SHOW"):
                print(told, flush=True)
            if kind != "rust":
                worst = (max(worst[0], took), max(worst[1], memory))
            table.setdefault(kind, {}).setdefault(code, 0)
            table[kind][code] += 1
    for kind, codes in sorted(table.items()):
        print(f"{kind}: " + ", ".join(f"{n} with exit {code}" for code, n in sorted(codes.items(), key=str)))
    print(f"{count - bad} ended well, {bad} did not; the longest took {worst[0]:.1f} s, the largest {worst[1] >> 20} MiB")
    sys.exit(bad > 0)


main()

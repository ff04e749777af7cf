// Compares what the native build of the policy decides, and how it reads URLs, with the build for wasm32, and the URLs with Node, too.
// `node tests/agreement/agreement.mjs`; BELLJAR_PAIRS=1000000 for as many pairs of a policy and a request, BELLJAR_SEED=N for others.

import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { env, exit } from "node:process";

const root = join(import.meta.dirname, "../..");
const cargo = env.CARGO ?? "cargo";
const options = { cwd: root, encoding: "utf8", maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "inherit"] };

/** Builds the test program and returns its file; natively with the features of the whole workspace, as all tests are built. */
function built(...target) {
  const of = target.length > 0 ? ["--package", "belljar-policy"] : ["--workspace"];
  const json = execFileSync(cargo, ["test", "--release", ...of, "--test", "agreement", "--no-run", "--message-format=json", ...target], options);
  const messages = json.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return messages.find((message) => message.reason === "compiler-artifact" && message.target.name === "agreement" && message.executable)?.executable;
}

/** What a test of a build prints: into a file, because a program on WASI fails where a pipe is full. */
function printed(build, test, more) {
  const [program, ...rest] = build;
  const folder = mkdtempSync(join(tmpdir(), "belljar-agreement-"));
  const file = join(folder, "printed");
  const out = openSync(file, "w");
  try {
    execFileSync(program, [...rest, "--exact", test, "--nocapture"], { cwd: root, stdio: ["ignore", out, "inherit"], env: { ...env, ...more } });
    return readFileSync(file, "utf8").split("\n");
  } finally {
    closeSync(out);
    rmSync(folder, { recursive: true });
  }
}

const native = [built()];
const wasm = [process.execPath, "--no-warnings", join(root, "tests/wasi.mjs"), built("--target", "wasm32-wasip1")];

/** Whether both make the same of some pairs, and the digest. */
function same(from, to) {
  const [one, other] = [native, wasm].map((build) => {
    const lines = printed(build, "decisions", { BELLJAR_PAIRS: `${from}..${to}` });
    return lines.map((line) => line.match(/decisions \d+\.\.\d+ ([0-9a-f]{64})/)?.[1]).find((digest) => digest !== undefined);
  });
  if (one === undefined || other === undefined) throw new Error("a build printed no digest");
  return { same: one === other, digest: one };
}

const count = Number(env.BELLJAR_PAIRS ?? 20000);
const all = same(0, count);
if (!all.same) {
  // The first pair that differs: up to `from` they agree, up to `to` they do not.
  let [from, to] = [0, count];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (same(from, middle).same) from = middle;
    else to = middle;
  }
  for (const build of [native, wasm]) console.error(printed(build, "decisions", { BELLJAR_PAIRS: `${from}..${to}` }).join("\n"));
  console.error(`pair ${from} is not decided alike; BELLJAR_PAIRS=${from}..${to} shows it`);
  exit(1);
}
console.log(`${count} pairs of a policy and a request are decided alike: ${all.digest}`);

// The standard's tests, as the package of the parser ships them.
const metadata = JSON.parse(execFileSync(cargo, ["metadata", "--format-version", "1", "--locked"], options));
const manifest = metadata.packages.find((found) => found.name === "url")?.manifest_path;
const corpus = join(dirname(manifest), "tests/urltestdata.json");
const [one, other] = [native, wasm].map((build) => printed(build, "urls", { BELLJAR_URLS: corpus }).map((line) => line.match(/\burl \d+ \S+ \w+$/)?.[0]).filter((line) => line !== undefined));
const differ = one.map((line, at) => [line, other[at]]).filter(([line, there]) => line !== there);
if (one.length < 400 || one.length !== other.length || differ.length > 0) {
  console.error("URLs are not read alike, natively and on wasm32:", one.length, other.length, differ.slice(0, 5));
  exit(1);
}

/** The URL that Node makes of a test. */
function nodes({ input, base }) {
  try {
    const url = new URL(input, base ?? undefined);
    url.hash = "";
    return url.href;
  } catch {
    return "-";
  }
}

const tests = JSON.parse(readFileSync(corpus, "utf8"));
// Hosts outside ASCII are refused by Belljar, and what stands for such a host in ASCII is not looked into.
const isKnown = (input, href, there) => (href === "-" && /[^\0-\x7f]|%/.test(input)) || (there === "-" && href.includes("xn--"));
const unlike = one.map((line) => line.split(" ")).filter(([, at, href]) => nodes(tests[Number(at)]) !== href);
const others = unlike.filter(([, at, href]) => !isKnown(tests[Number(at)].input, href, nodes(tests[Number(at)])));
if (others.length > 0) {
  console.error("URLs are not read as in Node:", others.slice(0, 20).map(([, at, href]) => [tests[Number(at)].input, href, nodes(tests[Number(at)])]));
  exit(1);
}
console.log(`${one.length} URLs of the standard's tests are read alike, natively and on wasm32, and as in Node but for ${unlike.length} with hosts outside ASCII`);

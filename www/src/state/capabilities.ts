// The capabilities: what the page says of each, in words of its own. What rules about them mean is Rust's alone.

export interface Capability {
  /** The words of its rules; none if no rules are about it, or if they have none. */
  readonly words?: readonly string[];
  /** Those of them that are said in other words. */
  readonly said?: Readonly<Record<string, string>>;
  /** What a rule says: what is done, in those words, and with what. Undefined if no rules are about it. */
  readonly rule?: (does: string, what: string) => string;
  /** What it reaches, in a list. */
  readonly reach: string;
  /** The same in the question about a request; its name where that is left out. */
  readonly asked?: string;
}

/** By name, in the order in which they are named to a person. */
export const CAPABILITIES: Readonly<Record<string, Capability>> = {
  kv: {
    words: ["read", "write", "get", "list", "set", "delete"],
    said: { get: "read", set: "write" },
    rule: (does, what) => (what === "**" ? `${does} all of its own keys` : `${does} its own keys that match ${what}`),
    reach: "keys and values",
    asked: "its keys and values",
  },
  files: {
    words: ["read", "write", "list", "stat", "remove", "make-directory"],
    said: { stat: "look at", "make-directory": "make folders in" },
    rule: (does, what) => {
      const mount = /^(.*) as (\S+)$/.exec(what);
      if (mount) return `${does} what is at ${mount[1] ?? ""}, which it sees as ${mount[2] ?? ""}`;
      return `${does} files at ${what}`;
    },
    reach: "files",
    asked: "files",
  },
  http: {
    rule: (_, what) => {
      const [methods = "", url = ""] = what.split(/\s+/);
      return `${methods === "*" ? "any request" : `${methods} requests`} over the network to ${url}`;
    },
    reach: "the network",
    asked: "the network",
  },
  tools: {
    words: ["call"],
    rule: (_, what) => `call the tool ${what}`,
    reach: "other tools",
    asked: "another tool",
  },
  human: { reach: "questions to you" },
};

/** The capability of that name, which may be anything that somebody wrote. */
export function capability(name: string): Capability | undefined {
  return Object.hasOwn(CAPABILITIES, name) ? CAPABILITIES[name] : undefined;
}

/** Those that rules are about, in the order in which a policy has them. */
export const SECTIONS: readonly string[] = Object.keys(CAPABILITIES).filter((name) => capability(name)?.rule !== undefined);

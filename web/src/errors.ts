// What a page can catch.

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A source does not compile. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  /** Line, from 1, if there is a place. */
  readonly line: number | undefined;
  /** Column, from 1, in characters, if there is a place. */
  readonly column: number | undefined;
  /** What is wrong, without file, place and source line. */
  readonly reason: string;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    const place = (typeof cause === "object" && cause !== null ? cause : {}) as Record<string, unknown>;
    this.line = typeof place["line"] === "number" ? place["line"] : undefined;
    this.column = typeof place["column"] === "number" ? place["column"] : undefined;
    this.reason = typeof place["reason"] === "string" ? place["reason"] : message;
  }
}

/** A tool is refused, or cannot start. */
export class ToolError extends Error {
  override readonly name = "ToolError";

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** The input does not fit what the tool takes; nothing was run. */
export class InputError extends Error {
  override readonly name = "InputError";

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** A policy or rule cannot be read. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

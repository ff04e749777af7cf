import { ToolInput, ToolResult } from "./types";
import Express from "express";
import { type Options } from "./options.js";
export type { Options } from "./options.js";
export default function run(input: ToolInput): ToolResult {
  const x: Express.Request | Options | undefined = undefined;
  return { doubled: input.n * 2, x: x ?? null };
}

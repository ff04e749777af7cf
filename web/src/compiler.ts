// Loaded only by a page that compiles.

export { default, compile, Snapshot } from "../pkg/compiler/belljar_compiler.js";

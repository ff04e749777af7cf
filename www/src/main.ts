// Puts the page together.

import { CheckEffects } from "./effects/check.js";
import { CompileEffects } from "./effects/compile.js";
import { EngineLoader } from "./effects/engine.js";
import { FileEffects } from "./effects/files.js";
import { LogEffects } from "./effects/logs.js";
import { NotifyEffects } from "./effects/notify.js";
import { OpenEffects } from "./effects/open.js";
import { RecordingEffects } from "./effects/recordings.js";
import { RelayEffects } from "./effects/relay.js";
import { RunEffects } from "./effects/run.js";
import { ShelfEffects } from "./effects/shelf.js";
import { ToolEffects } from "./effects/tools.js";
import { StorageEffects, stored, visit } from "./effects/storage.js";
import { PREFIX } from "./share/codec.js";
import { initial } from "./state/model.js";
import { Store } from "./store.js";
import { AppView } from "./views/app-view.js";

const store = new Store(initial(stored.theme()));
const engine = new EngineLoader(store);
const compile = new CompileEffects(store, engine);
const check = new CheckEffects(store, engine, compile);
const files = new FileEffects(store, engine);
const logs = new LogEffects(store, engine);
const shelf = new ShelfEffects(store);
const recordings = new RecordingEffects(store, engine, shelf);
const tools = new ToolEffects(store, engine, compile);
// First of those that look at the address: it takes a token out of it.
const relay = new RelayEffects(store);
const run = new RunEffects(store, engine, compile, check, files, logs, recordings, shelf, tools, relay);
const open = new OpenEffects(store, compile, files);
const { tab, draft, aside } = await visit();
const notify = new NotifyEffects();
const storage = new StorageEffects(store, tab);
for (const part of [compile, check, files, logs, shelf, recordings, tools, relay, run, open, storage, notify]) store.addEffects(part.effects);

// Whatever nobody expected is said, rather than swallowed.
const unexpected = (what: unknown) => {
  const message = what instanceof Error ? what.message : String(what);
  store.dispatch({ type: "notice", level: "error", text: `Something in the page went wrong: ${message}` });
};
addEventListener("error", (event) => {
  // Browsers report this for observers that wait a frame; it is nothing.
  if (!event.message.includes("ResizeObserver")) unexpected(event.error ?? event.message);
});
addEventListener("unhandledrejection", (event) => unexpected(event.reason));

const app = new AppView();
app.grants.check = (effect, rule) => check.rule(effect, rule);
app.artifacts.stage = (artifact, staged) => engine.now?.pkg.stage(artifact, staged);
app.start(store.dispatch);
document.querySelector(".starting")?.remove();
document.body.append(app);
store.subscribe((state) => app.update(state));

store.dispatch({ type: "aside", drafts: aside });
if (location.hash.startsWith(PREFIX)) {
  // A link does not push own work out of the way: it is put aside.
  if (draft !== undefined) store.dispatch({ type: "open", opened: { file: draft.file, text: draft.source, input: draft.input, origin: "draft" } });
  void open.openLink();
} else {
  if (draft !== undefined) store.dispatch({ type: "open", opened: { file: draft.file, text: draft.source, input: draft.input, origin: "draft" } });
}

void shelf.refresh();
void relay.find();

// The page stands; now what it will need is fetched.
const idle = window.requestIdleCallback ?? ((act: () => void) => setTimeout(act, 200));
idle(() => void compile.current().catch(() => undefined), { timeout: 1_000 });

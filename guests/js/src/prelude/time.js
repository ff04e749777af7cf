// Timers, promises of requests, and the one place where the tool waits.

let origin = 0;
let serial = 0;
const timers = new Map();
const pending = new Map();

/** Before a program is loaded, and before it runs. */
shared.begin = (running) => {
  host.reset();
  origin = running ? host.now() : 0;
};

/** The promise of what a started request answers. */
shared.request = (ticket, take) =>
  new Promise((resolve, reject) => {
    pending.set(ticket, () => {
      try {
        resolve(shared.unpack(take(ticket)));
      } catch (error) {
        reject(error);
      }
    });
  });

/** Waits once and acts on what came; false if there is nothing to wait for. */
shared.pump = () => {
  if (pending.size === 0 && timers.size === 0) return false;
  let first;
  for (const timer of timers.values()) {
    if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.serial < first.serial)) first = timer;
  }
  let ticket;
  if (pending.size > 0 || first.at > host.now()) {
    ticket = host.wait([...pending.keys()], first?.at);
  }
  if (ticket !== undefined && ticket !== null) {
    const settle = pending.get(ticket);
    pending.delete(ticket);
    settle();
  } else if (first !== undefined) {
    if (first.every === undefined) {
      timers.delete(first.id);
    } else {
      first.at = Math.max(host.now(), first.at) + first.every;
      first.serial = ++serial;
    }
    first.action(...first.values);
  }
  return true;
};

/** Milliseconds after the return within which timers still run. */
const GRACE = 1000;
let returned;

/**
 * After the tool has returned: true while there is work that it did not wait for. That is every request in flight, and
 * what follows from it, and timers that are due within a second. A timer that is due later is most often the other half of
 * a `Promise.race`, and an interval has no end: both are dropped, and the console says so.
 */
shared.drain = () => {
  returned ??= host.now();
  if (pending.size === 0) {
    const due = [...timers.values()].some((timer) => timer.every === undefined && !timer.silent && timer.at <= returned + GRACE);
    if (!due) return false;
  }
  return shared.pump();
};

/** Promises that were rejected and that nobody looks at, with their reasons. */
const rejected = new Map();
const { error, warn } = console;

shared.track = (promise, reason, handled) => {
  if (handled) rejected.delete(promise);
  else rejected.set(promise, reason);
};

/** The rejection with which the run ended. */
let floating;
shared.isFloating = (reason) => floating !== undefined && floating.reason === reason;

/** When nothing is left to do: a rejection that nobody looked at ends the run. */
shared.end = () => {
  const left = [...timers.values()].filter((timer) => !timer.silent).length;
  if (returned !== undefined && left > 0) {
    warn(`the tool returned while ${left === 1 ? "a timer was" : `${left} timers were`} still running, and what would have followed is not done: is an \`await\` missing, or a clearTimeout?`);
  }
  const [first, ...others] = rejected.values();
  if (rejected.size === 0) return;
  for (const reason of others.slice(0, 10)) error("Uncaught (in promise)", reason);
  floating = { reason: first };
  throw first;
};

shared.adopt = (thenable) => Promise.resolve(thenable);

const start = (name, action, delay, every, values) => {
  if (typeof action !== "function") throw new TypeError(`${name} takes a function, not text`);
  const ms = Math.max(0, Number(delay) || 0);
  const id = ++serial;
  timers.set(id, { id, serial: id, at: host.now() + ms, every: every ? Math.max(1, ms) : undefined, action, values });
  return id;
};
const clear = (id) => void timers.delete(id);

/** A timer that keeps nothing alive: it is not waited for after the return. */
shared.quietly = (action, delay) => {
  const id = start("AbortSignal.timeout", action, delay, false, []);
  timers.get(id).silent = true;
  return id;
};

shared.define({
  setTimeout: (action, delay, ...values) => start("setTimeout", action, delay, false, values),
  setInterval: (action, delay, ...values) => start("setInterval", action, delay, true, values),
  clearTimeout: clear,
  clearInterval: clear,
  setImmediate: (action, ...values) => start("setImmediate", action, 0, false, values),
  clearImmediate: clear,
  queueMicrotask: (action) => {
    if (typeof action !== "function") throw new TypeError("queueMicrotask takes a function");
    Promise.resolve().then(action).catch((error) => start("queueMicrotask", () => { throw error; }, 0, false, []));
  },
  performance: {
    now: () => host.now() - origin,
    get timeOrigin() {
      return origin;
    },
    mark: () => undefined,
    measure: () => undefined,
    toJSON: () => ({ timeOrigin: origin }),
  },
});

Object.defineProperty(Math, "random", { value: () => host.number(), configurable: true, writable: true });

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

/** Promises that were rejected and that nobody looks at, with their reasons. */
const rejected = new Map();
const { error, warn } = console;

shared.track = (promise, reason, handled) => {
  if (handled) rejected.delete(promise);
  else rejected.set(promise, reason);
};

/** After the tool has returned: says what it did not wait for. */
shared.end = () => {
  for (const reason of [...rejected.values()].slice(0, 10)) error("Uncaught (in promise)", reason);
  if (pending.size > 0) {
    warn(`the tool returned before ${pending.size === 1 ? "a request was" : `${pending.size} requests were`} answered: is an \`await\` missing?`);
  }
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

shared.define({
  setTimeout: (action, delay, ...values) => start("setTimeout", action, delay, false, values),
  setInterval: (action, delay, ...values) => start("setInterval", action, delay, true, values),
  clearTimeout: clear,
  clearInterval: clear,
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

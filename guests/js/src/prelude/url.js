// URL and URLSearchParams; parsing is the URL standard's, in Rust.

class URLSearchParams {
  #pairs = [];
  #changed = () => {};
  constructor(init = "") {
    if (typeof init === "object" && init !== null) {
      const pairs = typeof init[Symbol.iterator] === "function" ? [...init] : Object.entries(init);
      for (const pair of pairs) {
        const [name, value, ...rest] = [...pair];
        if (value === undefined || rest.length > 0) throw new TypeError("each parameter is a pair of a name and a value");
        this.#pairs.push([shared.text(name), shared.text(value)]);
      }
    } else {
      this.#pairs = host.formParse(shared.text(init).replace(/^\?/, ""));
    }
  }
  static of(search, changed) {
    const params = new URLSearchParams(search);
    params.#changed = changed;
    return params;
  }
  static refresh(params, search) {
    params.#pairs = host.formParse(search.replace(/^\?/, ""));
  }
  get size() {
    return this.#pairs.length;
  }
  append(name, value) {
    this.#pairs.push([shared.text(name), shared.text(value)]);
    this.#changed();
  }
  delete(name, value) {
    this.#pairs = this.#pairs.filter(([n, v]) => n !== String(name) || (value !== undefined && v !== String(value)));
    this.#changed();
  }
  get(name) {
    return this.#pairs.find(([n]) => n === String(name))?.[1] ?? null;
  }
  getAll(name) {
    return this.#pairs.filter(([n]) => n === String(name)).map(([, value]) => value);
  }
  has(name, value) {
    return this.#pairs.some(([n, v]) => n === String(name) && (value === undefined || v === String(value)));
  }
  set(name, value) {
    const at = this.#pairs.findIndex(([n]) => n === String(name));
    if (at < 0) return this.append(name, value);
    this.#pairs = this.#pairs.filter(([n], i) => n !== String(name) || i === at);
    this.#pairs[at][1] = shared.text(value);
    this.#changed();
  }
  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#changed();
  }
  forEach(action, self) {
    for (const [name, value] of this) action.call(self, value, name, this);
  }
  *entries() {
    for (const [name, value] of this.#pairs) yield [name, value];
  }
  *keys() {
    for (const [name] of this.#pairs) yield name;
  }
  *values() {
    for (const [, value] of this.#pairs) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  toString() {
    return host.formWrite(this.#pairs);
  }
}
const { of, refresh } = URLSearchParams;
delete URLSearchParams.of;
delete URLSearchParams.refresh;

const parse = (url, base) => host.url(shared.text(url), base === undefined ? undefined : shared.text(base)) ?? undefined;

class URL {
  #parts;
  #params;
  constructor(url, base) {
    const parts = parse(url, base);
    if (parts === undefined) throw new TypeError(`Invalid URL: ${shared.text(url)}`);
    this.#parts = parts;
  }
  static canParse(url, base) {
    return parse(url, base) !== undefined;
  }
  static parse(url, base) {
    return URL.canParse(url, base) ? new URL(url, base) : null;
  }
  get searchParams() {
    this.#params ??= of(this.#parts.search, () => {
      this.#parts = host.urlSet(this.#parts.href, "search", String(this.#params));
    });
    return this.#params;
  }
  get origin() {
    return this.#parts.origin;
  }
  get href() {
    return this.#parts.href;
  }
  set href(url) {
    const parts = parse(url);
    if (parts === undefined) throw new TypeError(`Invalid URL: ${shared.text(url)}`);
    this.#parts = parts;
    if (this.#params) refresh(this.#params, parts.search);
  }
  static {
    for (const part of ["protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]) {
      Object.defineProperty(URL.prototype, part, {
        configurable: true,
        enumerable: true,
        get() {
          return this.#parts[part];
        },
        set(value) {
          this.#parts = host.urlSet(this.#parts.href, part, shared.text(value)) ?? this.#parts;
          if (part === "search" && this.#params) refresh(this.#params, this.#parts.search);
        },
      });
    }
  }
  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }
}

shared.define({ URL, URLSearchParams });

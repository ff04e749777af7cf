// Writes `locales.txt`: what `prelude/locale.js` knows of each locale, taken from the CLDR data in Node's own ICU.
//
//     TZ=UTC node guests/js/locales/generate.mjs
//
// A line is a locale's tag, a space, what it is about (n: numbers, d: dates, l: lists, c: the order of text), a tab, and the data as JSON. Nothing is guessed: a pattern is kept if it gives what Intl gives on
// all sample dates, and is otherwise left out, so that the engine refuses it.

import { writeFileSync } from "node:fs";
import { collation } from "./collation.mjs";

export const LOCALES = [
  "en-US", "en-GB", "en-CA", "en-AU", "en-IN", "sv-SE", "de-DE", "de-AT", "de-CH", "fr-FR", "fr-CA", "es-ES", "es-MX", "it-IT", "pt-BR", "pt-PT",
  "nl-NL", "da-DK", "nb-NO", "fi-FI", "pl-PL", "cs-CZ", "tr-TR", "ja-JP", "zh-CN", "ko-KR",
];

/** The currencies that Intl lists, and those that it knows besides: by a sign, or by other digits than two. */
const CURRENCIES = new Set(Intl.supportedValuesOf("currency"));
const DIGITS = {};
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
for (const a of letters) for (const b of letters) for (const c of letters) {
  const currency = a + b + c;
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  const { maximumFractionDigits: most } = format.resolvedOptions();
  if (most !== 2) DIGITS[currency] = most;
  if (most !== 2 || format.formatToParts(1).find((part) => part.type === "currency").value !== currency) CURRENCIES.add(currency);
}

const STYLES = {
  weekday: [undefined, "short", "long", "narrow"],
  year: [undefined, "numeric", "2-digit"],
  month: [undefined, "numeric", "2-digit", "short", "long", "narrow"],
  day: [undefined, "numeric", "2-digit"],
  time: [undefined, "numeric", "2-digit"],
};
const SAMPLES = [];
const HOURS = [0, 5, 12, 17, 23, 11, 13, 1, 20, 9, 10, 7];
for (let month = 0; month < 12; month++) {
  SAMPLES.push(new Date(Date.UTC([1999, 2003, 2025, 2010][month % 4], month, [1, 9, 28, 14, 4, 30, 17][month % 7], HOURS[month], [0, 7, 30, 59][month % 4], [5, 0, 45][month % 3])));
}
// Every weekday is among them.
for (let day = 0; day < 7; day++) SAMPLES.push(new Date(Date.UTC(2024, day, 1 + day * 4, day * 3, 8, 9)));

const clean = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
const partsOf = (locale, options) => {
  const format = new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...clean(options) });
  return SAMPLES.map((date) => format.formatToParts(date));
};
const two = (n) => String(n % 100).padStart(2, "0");

class Locale {
  constructor(tag) {
    this.tag = tag;
    this.pool = [];
    this.months = [];
    this.weekdays = [];
    for (const style of ["long", "short", "narrow"]) {
      for (const more of [{ day: "numeric" }, {}, { year: "numeric" }, { day: "numeric", year: "numeric", weekday: "short" }]) this.#names("months", "month", { month: style, ...more });
      for (const more of [{ day: "numeric", month: "short" }, {}, { year: "numeric", month: "numeric", day: "numeric" }]) this.#names("weekdays", "weekday", { weekday: style, ...more });
    }
    const probe = new Intl.DateTimeFormat(tag, { hour: "numeric", hour12: true, timeZone: "UTC" });
    this.periods = [3, 15].map((hour) => probe.formatToParts(new Date(Date.UTC(2020, 0, 1, hour))).find((part) => part.type === "dayPeriod").value);
  }

  #names(list, type, options) {
    const format = new Intl.DateTimeFormat(this.tag, { timeZone: "UTC", ...options });
    const names = Array.from({ length: type === "month" ? 12 : 7 }, (_, i) => {
      const date = type === "month" ? new Date(Date.UTC(2020, i, 15)) : new Date(Date.UTC(2023, 0, 1 + i));
      return format.formatToParts(date).find((part) => part.type === type)?.value;
    });
    if (names.includes(undefined) || names.every((name) => /^\d+$/.test(name))) return;
    if (!this[list].some((known) => known.join() === names.join())) this[list].push(names);
  }

  /** The fields that a part may be, each a code and what it says of a date. */
  #fields(type) {
    switch (type) {
      case "year": return { y: (d) => String(d.getUTCFullYear()), Y: (d) => two(d.getUTCFullYear()) };
      case "month": return {
        m: (d) => String(d.getUTCMonth() + 1), M: (d) => two(d.getUTCMonth() + 1),
        ...Object.fromEntries(this.months.map((names, i) => [`${i}`, (d) => names[d.getUTCMonth()]])),
      };
      case "weekday": return Object.fromEntries(this.weekdays.map((names, i) => ["abcdefg"[i], (d) => names[d.getUTCDay()]]));
      case "day": return { t: (d) => String(d.getUTCDate()), T: (d) => two(d.getUTCDate()) };
      case "hour": return {
        h: (d) => String(d.getUTCHours() % 12 || 12), I: (d) => two(d.getUTCHours() % 12 || 12), H: (d) => two(d.getUTCHours()), k: (d) => String(d.getUTCHours()),
        K: (d) => two(d.getUTCHours() || 24), j: (d) => String(d.getUTCHours() % 12), J: (d) => two(d.getUTCHours() % 12), l: (d) => String(d.getUTCHours() || 24),
      };
      case "minute": return { n: (d) => String(d.getUTCMinutes()), N: (d) => two(d.getUTCMinutes()) };
      case "second": return { s: (d) => String(d.getUTCSeconds()), S: (d) => two(d.getUTCSeconds()) };
      case "dayPeriod": return { p: (d) => this.periods[d.getUTCHours() < 12 ? 0 : 1] };
      case "timeZoneName": return { z: () => "UTC", Z: () => this.utc };
      default: return {};
    }
  }

  /** The pattern that gives what Intl gives on every sample; nothing if there is none. */
  pattern(options) {
    let all;
    try {
      all = partsOf(this.tag, options);
    } catch {
      return undefined;
    }
    let pattern = "";
    for (let i = 0; i < all[0].length; i++) {
      const { type, value } = all[0][i];
      if (all.some((parts) => parts.length !== all[0].length || parts[i].type !== type)) return undefined;
      if (type === "literal") {
        if (all.some((parts) => parts[i].value !== value)) return undefined;
        pattern += value.replaceAll("%", "%%");
        continue;
      }
      const found = Object.entries(this.#fields(type)).find(([, field]) => all.every((parts, at) => parts[i].value === field(SAMPLES[at])));
      if (found === undefined) return undefined;
      pattern += `%${found[0]}`;
    }
    return pattern;
  }

  /** A pattern's place in the pool, -1 if there is none. */
  index(pattern) {
    if (pattern === undefined) return -1;
    if (!this.pool.includes(pattern)) this.pool.push(pattern);
    return this.pool.indexOf(pattern);
  }

  dates() {
    const list = [];
    const joints = [];
    for (const weekday of STYLES.weekday) for (const year of STYLES.year) for (const month of STYLES.month) for (const day of STYLES.day) {
      const options = { weekday, year, month, day };
      if (Object.keys(clean(options)).length === 0) {
        list.push(-1);
        joints.push(-1);
        continue;
      }
      const date = this.pattern(options);
      list.push(this.index(date));
      const time = { hour: "numeric", minute: "2-digit" };
      const [whole, alone] = [this.pattern({ ...options, ...time }), this.pattern(time)];
      const fits = date !== undefined && whole?.startsWith(date) && whole.endsWith(alone) && whole.length >= date.length + alone.length;
      joints.push(fits ? this.index(whole.slice(date.length, whole.length - alone.length)) : -1);
    }
    return { dates: list, joints };
  }

  times() {
    const list = [];
    for (const hour12 of [true, false]) for (const hour of STYLES.time) for (const minute of STYLES.time) for (const second of STYLES.time) {
      if (hour ?? minute ?? second) list.push(this.index(this.pattern({ hour, minute, second, hour12: hour ? hour12 : undefined })));
      else list.push(-1);
    }
    return list;
  }

  styles() {
    const names = [undefined, "full", "long", "medium", "short"];
    const list = [];
    for (const hour12 of [undefined, true, false]) for (const dateStyle of names) for (const timeStyle of names) {
      list.push((dateStyle ?? timeStyle) === undefined ? -1 : this.index(this.pattern({ dateStyle, timeStyle, hour12: timeStyle && hour12 })));
    }
    return list;
  }

  numbers() {
    const plain = new Intl.NumberFormat(this.tag, { useGrouping: "always" }).formatToParts(-12345678.5);
    const value = (type, parts = plain) => parts.find((part) => part.type === type).value;
    const template = (parts) => {
      let text = "";
      for (const { type, value } of parts) {
        if (type === "minusSign") text += "-";
        else if (type === "currency") text += "¤";
        else if (type === "percentSign") text += "%";
        else if (type === "literal") text += value;
        else if (!text.includes("#")) text += "#";
      }
      return text;
    };
    const money = (options) => [1.5, -1.5].map((n) => template(new Intl.NumberFormat(this.tag, { style: "currency", ...options }).formatToParts(n)));
    // XXX is no currency of anybody, and its sign ¤ is a symbol: what is written beside symbols and beside letters.
    const symbol = { currency: "EUR", currencyDisplay: "narrowSymbol" };
    const code = { currency: "EUR", currencyDisplay: "code" };
    const [standard, accounting] = ["standard", "accounting"].map((currencySign) => [money({ ...symbol, currencySign }), money({ ...code, currencySign })]);
    const symbols = {};
    const narrow = {};
    for (const currency of CURRENCIES) {
      const show = (currencyDisplay) => value("currency", new Intl.NumberFormat(this.tag, { style: "currency", currency, currencyDisplay }).formatToParts(1));
      if (show("symbol") !== currency) symbols[currency] = show("symbol");
      if (show("narrowSymbol") !== (symbols[currency] ?? currency)) narrow[currency] = show("narrowSymbol");
    }
    const priced = new Intl.NumberFormat(this.tag, { style: "currency", currency: "EUR", useGrouping: "always" }).formatToParts(-12345678.5);
    const groups = plain.filter((part) => part.type === "integer").map((part) => part.value.length);
    return {
      decimal: value("decimal"), group: value("group"), minus: value("minusSign"),
      nan: value("nan", new Intl.NumberFormat(this.tag).formatToParts(NaN)),
      plus: value("plusSign", new Intl.NumberFormat(this.tag, { signDisplay: "always" }).formatToParts(1)),
      moneyDecimal: value("decimal", priced), moneyGroup: value("group", priced), least: /\D/.test(new Intl.NumberFormat(this.tag).format(1234)) ? 1 : 2,
      groups: groups.at(-2) === 2 ? 2 : 3,
      percent: [0.5, -0.5].map((n) => template(new Intl.NumberFormat(this.tag, { style: "percent" }).formatToParts(n))),
      money: { standard, accounting }, symbols, narrow,
    };
  }

  lists() {
    return Object.fromEntries(["conjunction", "disjunction", "unit"].flatMap((type) => ["long", "short", "narrow"].map((style) => {
      const format = new Intl.ListFormat(this.tag, { type, style });
      const between = (items, at) => {
        const text = format.format(items);
        return text.slice(text.indexOf(items[at]) + 1, text.indexOf(items[at + 1]));
      };
      const [pair, many] = [["A", "B"], ["A", "B", "C", "D"]];
      return [`${type} ${style}`, [between(pair, 0), between(many, 0), between(many, 1), between(many, 2)]];
    })));
  }

  data() {
    const zone = (timeZoneName) => new Intl.DateTimeFormat(this.tag, { timeZone: "UTC", timeZoneName }).formatToParts(SAMPLES[0]).find((part) => part.type === "timeZoneName").value;
    this.utc = zone("long");
    const { dates, joints } = this.dates();
    const clock = new Intl.DateTimeFormat(this.tag, { timeZone: "UTC", hour: "numeric" }).resolvedOptions();
    const clocks = [{ hour: "numeric", minute: "2-digit" }, { hour: "numeric", minute: "2-digit", second: "2-digit" }];
    // Whether the zone's name, short or long, is what follows the time, after a space.
    const named = (timeZoneName, code) => clocks.every((clock) => [true, false].every((hour12) => {
      const time = this.pattern({ ...clock, hour12 });
      const date = { month: "short", day: "numeric" };
      return this.pattern({ ...clock, hour12, timeZoneName }) === `${time} ${code}` && this.pattern({ ...date, ...clock, hour12, timeZoneName }) === `${this.pattern({ ...date, ...clock, hour12 })} ${code}`;
    }));
    const zones = [named("short", "%z"), named("long", "%Z")];
    const times = { periods: this.periods, cycle: clock.hourCycle, cycles: [true, false].map((hour12) => new Intl.DateTimeFormat(this.tag, { timeZone: "UTC", hour: "numeric", hour12 }).resolvedOptions().hourCycle), utc: this.utc, zones };
    const patterns = { dates, joints, times: this.times(), styles: this.styles() };
    return { n: this.numbers(), d: { months: this.months, weekdays: this.weekdays, ...times, pool: this.pool, ...patterns }, l: this.lists() };
  }
}

if (process.argv[1] === import.meta.filename) {
  const lines = [`* n\t${JSON.stringify({ digits: DIGITS, cldr: process.versions.cldr })}`];
  const { known, ...order } = collation();
  lines.push(`* c\t${JSON.stringify(order)}`);
  for (const tag of LOCALES) {
    for (const [part, data] of Object.entries(new Locale(tag).data())) lines.push(`${tag} ${part}\t${JSON.stringify(data)}`);
  }
  writeFileSync(new URL("locales.txt", import.meta.url), `${lines.join("\n")}\n`);
}

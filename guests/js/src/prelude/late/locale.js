// Intl and the methods that ask it. What is supported is what Node's ICU says, to the last digit; all else is refused with a
// sentence that names the way out. The locales' data is made by locales/generate.mjs; tests/locales compares with Node.
//
// It is compiled when a tool first asks for it, and changes nothing but its own state: late.js puts it in place.

const TAGS = host.localeTags();
const DEFAULT = "en-US";
/** What a language alone means. */
const LIKELY = {};
for (const tag of TAGS) LIKELY[tag.split("-")[0]] ??= tag;
Object.assign(LIKELY, { pt: "pt-BR", no: "nb-NO" });

const refuse = (sentence) => {
  throw new RangeError(sentence);
};

const loaded = new Map();
/** A part of a locale's data ("n": numbers, "d": dates, "l": lists). */
const data = (tag, part) => {
  const key = `${tag} ${part}`;
  let found = loaded.get(key);
  if (found === undefined) loaded.set(key, (found = JSON.parse(host.locale(key))));
  return found;
};

/** A language tag in its usual form, and its extensions. */
const canonical = (tag) => {
  if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) throw new TypeError("a locale is a language tag such as \"en-US\"");
  const text = String(tag);
  const parts = text.split("-");
  const end = parts.findIndex((part, i) => i > 0 && part.length === 1);
  const name = end < 0 ? parts : parts.slice(0, end);
  const extension = end < 0 ? [] : parts.slice(end).map((part) => part.toLowerCase());
  if (!/^(?:[A-Za-z]{2,3}|[A-Za-z]{5,8})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?(?:-(?:[0-9A-Za-z]{5,8}|\d[0-9A-Za-z]{3}))*(?:-[0-9A-Za-z](?:-[0-9A-Za-z]{2,8})+)*$/.test(text)) {
    refuse(`Incorrect locale information provided: ${shared.inspect(text, 1)} is no language tag such as "en-US"`);
  }
  const usual = name.map((part, i) => (i === 0 ? part.toLowerCase() : part.length === 2 ? part.toUpperCase() : part.length === 4 && !/\d/.test(part) ? part[0].toUpperCase() + part.slice(1).toLowerCase() : part.toLowerCase()));
  return { name: usual.join("-"), extension };
};
const canonicalList = (locales) => {
  if (locales === undefined) return [];
  if (locales === null) throw new TypeError("a locale is a language tag such as \"en-US\", not null");
  const list = typeof locales === "string" ? [locales] : Array.from(locales);
  return list.map(canonical);
};
const known = (name) => (TAGS.includes(name) ? name : LIKELY[name]);

/** The locale that is asked for first, and its data's tag. */
const choose = (locales, what, part) => {
  const [first = { name: DEFAULT, extension: [] }] = canonicalList(locales);
  const tag = known(first.name);
  if (tag === undefined) {
    refuse(`the locale ${first.name} is not available here to ${what}: ${TAGS.join(", ")} are; name one of these, or write the text in code`);
  }
  const extra = {};
  const list = first.extension;
  for (let i = list[0] === "u" ? 1 : 0; i < list.length; i++) {
    const key = list[i];
    if (list[0] !== "u" || key.length !== 2) refuse(`the extension -${list.join("-")} of a locale is not available here: leave it away`);
    const value = list[i + 1]?.length > 2 ? list[++i] : "";
    const fine = key === "nu" ? value === "latn" && part !== "c" : key === "kn" && part === "c" && ["", "true", "false"].includes(value);
    if (!fine) refuse(`the extension -u-${key}-${value} of a locale is not available here: leave it away, or write the text in code`);
    extra[key] = value;
  }
  const name = first.name === "nb-NO" ? "nb" : first.name;
  return { locale: list.length > 0 && part !== "c" ? `${name}-${list.join("-")}` : name, tag, extra };
};

/** The options that a caller gives, each one known. */
const optionsOf = (given, what, names) => {
  if (given === undefined) return {};
  if (given === null) throw new TypeError(`${what} takes its options as an object, not null`);
  const options = Object(given);
  const taken = {};
  for (const name in options) {
    const value = options[name];
    if (value === undefined) continue;
    if (!Object.hasOwn(names, name)) {
      // As in the standard, names that Intl does not have mean nothing; those that it has and this does not are refused.
      if (ELSEWHERE.has(name)) refuse(`the option ${name} of ${what} is not available here: leave it away, or write the text in code`);
      continue;
    }
    const allowed = names[name];
    if (allowed === Boolean) taken[name] = Boolean(value);
    else if (allowed === Number || allowed === String) taken[name] = value;
    else {
      const text = String(value);
      if (allowed.includes(text)) taken[name] = text;
      else if (REFUSED[name]?.includes(text)) refuse(`${name}: ${JSON.stringify(text)} is not available here for ${what}: ${allowed.join(", ")} ${allowed.length === 1 ? "is" : "are"}`);
      else refuse(`Value ${text} out of range for ${what} property ${name}: ${allowed.join(", ")} ${allowed.length === 1 ? "is" : "are"} possible`);
    }
  }
  return taken;
};
const ELSEWHERE = new Set(["era", "dayPeriod", "calendar", "unit", "unitDisplay", "caseFirst", "collation", "roundingPriority", "roundingIncrement", "formatMatcher"]);
const REFUSED = {
  style: ["unit", "short", "narrow"], currencyDisplay: ["name"], numberingSystem: ["arab", "deva", "beng", "thai", "hanidec", "fullwide", "arabext"], notation: ["scientific", "engineering", "compact"],
  usage: ["search"], hourCycle: ["h24"], timeZoneName: ["shortOffset", "longOffset", "shortGeneric", "longGeneric"], roundingPriority: ["morePrecision", "lessPrecision"],
};
const whole = (value, least, most, name) => {
  const number = Number(value);
  if (!(number >= least && number <= most)) refuse(`${name} value is out of range: it is a number from ${least} to ${most}`);
  return Math.floor(number);
};

// Numbers: decimal digits, so that nothing is rounded that the tool did not write.

/** A value as a sign, decimal digits without leading zeros, and the place of the point before them. */
const decimalOf = (value) => {
  if (typeof value === "object" && value !== null) value = value[Symbol.toPrimitive]?.("number") ?? (typeof value.valueOf() === "object" ? String(value) : value.valueOf());
  if (typeof value === "symbol") throw new TypeError("Cannot convert a Symbol value to a number");
  if (typeof value === "string") {
    const text = value.trim();
    if (text === "") value = 0;
    else if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,4})?$/i.test(text)) value = Number(text);
    else return parseDecimal(text);
  }
  if (typeof value === "bigint") return parseDecimal(String(value));
  const number = Number(value);
  if (Number.isNaN(number)) return { special: "nan", negative: false, digits: "", point: 0 };
  if (!Number.isFinite(number)) return { special: "infinity", negative: number < 0, digits: "1", point: 1 };
  return parseDecimal(Object.is(number, -0) ? "-0" : String(number));
};
const parseDecimal = (text) => {
  const [, sign, before, after = "", exponent = "0"] = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  const all = before + after;
  const lead = /^0*/.exec(all)[0].length;
  const digits = all.slice(lead).replace(/0+$/, "");
  return { negative: sign === "-", digits, point: digits === "" ? 0 : before.length - lead + Number(exponent) };
};

/** The decimal with so many digits after its point, by a rounding mode. */
const rounded = (decimal, places, mode) => {
  const keep = decimal.point + places;
  if (keep >= decimal.digits.length) return decimal;
  const head = keep > 0 ? decimal.digits.slice(0, keep) : "";
  const next = keep >= 0 ? Number(decimal.digits[keep]) : 0;
  const rest = keep >= 0 ? decimal.digits.length > keep + 1 : true;
  const { negative } = decimal;
  const half = next > 5 || (next === 5 && rest) ? 1 : next === 5 ? 0 : -1;
  const odd = head !== "" && Number(head.at(-1)) % 2 === 1;
  const up = {
    ceil: !negative, floor: negative, expand: true, trunc: false,
    halfCeil: half > 0 || (half === 0 && !negative), halfFloor: half > 0 || (half === 0 && negative),
    halfExpand: half >= 0, halfTrunc: half > 0, halfEven: half > 0 || (half === 0 && odd),
  }[mode];
  const all = up ? String(BigInt(head === "" ? "0" : head) + 1n) : head;
  const point = head === "" ? (up ? 1 - places : 0) : decimal.point + (all.length > head.length ? 1 : 0);
  const digits = all.replace(/0+$/, "");
  return { negative, digits, point: digits === "" ? 0 : point };
};

const NUMBER = {
  style: ["decimal", "percent", "currency"], currency: String, currencyDisplay: ["symbol", "narrowSymbol", "code"], currencySign: ["standard", "accounting"],
  minimumIntegerDigits: Number, minimumFractionDigits: Number, maximumFractionDigits: Number, minimumSignificantDigits: Number, maximumSignificantDigits: Number,
  useGrouping: String, notation: ["standard"], compactDisplay: ["short", "long"], signDisplay: ["auto", "always", "never", "exceptZero", "negative"],
  roundingMode: ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"], trailingZeroDisplay: ["auto", "stripIfInteger"],
  numberingSystem: ["latn"], localeMatcher: ["lookup", "best fit"], roundingPriority: ["auto"], roundingIncrement: Number,
};
const ENGLISH = { ...NUMBER, notation: ["standard", "compact"] };

/** How many digits are shown, as ECMA-402's SetNumberFormatDigitOptions has it. */
const digitsOf = (options, least, most, compact) => {
  const whole0 = options.minimumIntegerDigits === undefined ? 1 : whole(options.minimumIntegerDigits, 1, 21, "minimumIntegerDigits");
  if (options.roundingIncrement !== undefined && Number(options.roundingIncrement) !== 1) refuse("the option roundingIncrement is not available here: round the number in code");
  const result = { minimumIntegerDigits: whole0 };
  const { minimumSignificantDigits: s0, maximumSignificantDigits: s1, minimumFractionDigits: f0, maximumFractionDigits: f1 } = options;
  if (s0 !== undefined || s1 !== undefined) {
    result.minimumSignificantDigits = s0 === undefined ? 1 : whole(s0, 1, 21, "minimumSignificantDigits");
    result.maximumSignificantDigits = s1 === undefined ? 21 : whole(s1, result.minimumSignificantDigits, 21, "maximumSignificantDigits");
  } else if (f0 !== undefined || f1 !== undefined || !compact) {
    let low = f0 === undefined ? undefined : whole(f0, 0, 100, "minimumFractionDigits");
    let high = f1 === undefined ? undefined : whole(f1, 0, 100, "maximumFractionDigits");
    if (low === undefined) low = Math.min(least, high ?? least);
    else if (high === undefined) high = Math.max(most, low);
    else if (low > high) refuse("maximumFractionDigits value is out of range: it is less than minimumFractionDigits");
    result.minimumFractionDigits = low;
    result.maximumFractionDigits = high ?? Math.max(most, low);
  } else {
    result.compact = true;
  }
  return result;
};

const resolveNumber = (locales, given) => {
  const { locale, tag } = choose(locales, "format numbers");
  const english = tag === "en-US";
  const options = optionsOf(given, "Intl.NumberFormat", english ? ENGLISH : NUMBER);
  const { style = "decimal", notation = "standard", currencyDisplay = "symbol", currencySign = "standard", signDisplay = "auto", roundingMode = "halfExpand", trailingZeroDisplay = "auto" } = options;
  let currency;
  let [least, most] = style === "percent" ? [0, 0] : [0, 3];
  if (options.currency !== undefined) {
    currency = String(options.currency).toUpperCase();
    if (!/^[A-Z]{3}$/.test(currency)) refuse(`Invalid currency code : ${currency}`);
  }
  if (style === "currency") {
    if (currency === undefined) throw new TypeError("Currency code is required with currency style: write `currency: \"USD\"`");
    const places = data("*", "n").digits[currency] ?? 2;
    [least, most] = [places, places];
    // It groups digits in another way.
    if (currencySign === "accounting" && tag === "en-IN") refuse('currencySign: "accounting" is not available here in en-IN: write the brackets in code');
  }
  let useGrouping = notation === "compact" ? "min2" : "auto";
  if (options.useGrouping !== undefined) {
    const wish = options.useGrouping;
    if (wish === true) useGrouping = "always";
    else if (wish === false || wish === null || wish === 0 || wish === "") useGrouping = false;
    else if (String(wish) === "true" || String(wish) === "false") useGrouping = notation === "compact" ? "min2" : "auto";
    else if (["min2", "auto", "always"].includes(String(wish))) useGrouping = String(wish);
    else refuse(`Value ${wish} out of range for Intl.NumberFormat property useGrouping: min2, auto, always, true and false are possible`);
  }
  const digits = digitsOf(options, least, most, notation === "compact");
  if (notation === "compact" && digits.minimumIntegerDigits > 1) refuse("minimumIntegerDigits is not available here together with notation: \"compact\"");
  return {
    locale, tag, style, notation, signDisplay, roundingMode, trailingZeroDisplay, useGrouping, digits,
    ...(style === "currency" && { currency, currencyDisplay, currencySign }), shownSign: signDisplay === "never" ? "standard" : currencySign,
    ...(notation === "compact" && { compactDisplay: options.compactDisplay ?? "short" }),
  };
};

/** Digits before and after the point as the options want them: `["1234", "50"]`. */
const shownDigits = (decimal, digits, format) => {
  let least = digits.minimumFractionDigits ?? 0;
  let value;
  if (digits.compact) {
    // Two digits that matter, or as many as stand before the point.
    const size = Math.max(0, 2 - Math.max(1, decimal.point));
    value = decimal.point >= 1 ? rounded(decimal, size, format.roundingMode) : rounded(decimal, 2 - decimal.point, format.roundingMode);
  } else if (digits.maximumSignificantDigits !== undefined) {
    value = decimal.digits === "" ? decimal : rounded(decimal, digits.maximumSignificantDigits - decimal.point, format.roundingMode);
    least = Math.max(0, digits.minimumSignificantDigits - (value.digits === "" ? 1 : value.point));
  } else {
    value = rounded(decimal, digits.maximumFractionDigits, format.roundingMode);
  }
  const before = value.point > 0 ? value.digits.slice(0, value.point).padEnd(value.point, "0") : "";
  let after = value.point >= 0 ? value.digits.slice(value.point) : "0".repeat(-value.point) + value.digits;
  if (value.digits === "") after = "";
  if (format.trailingZeroDisplay === "stripIfInteger" && after === "") least = 0;
  return { before: before.padStart(digits.minimumIntegerDigits, "0"), after: after.padEnd(least, "0"), zero: value.digits === "" };
};

const grouped = (before, format, numbers) => {
  const { useGrouping } = format;
  const least = useGrouping === "min2" ? 2 : useGrouping === "auto" ? numbers.least : 1;
  if (useGrouping === false || before.length < 3 + least) return [before];
  const groups = [before.slice(-3)];
  for (let end = before.length - 3; end > 0; end -= numbers.groups) groups.unshift(before.slice(Math.max(0, end - numbers.groups), end));
  return groups;
};

const COMPACT = [[3, "K", "thousand"], [6, "M", "million"], [9, "B", "billion"], [12, "T", "trillion"]];
const numberParts = (value, format) => {
  const numbers = data(format.tag, "n");
  let decimal = decimalOf(value);
  if (format.style === "percent" && decimal.special === undefined && decimal.digits !== "") decimal = { ...decimal, point: decimal.point + 2 };
  let unit;
  const money = format.style === "currency";
  const inner = [];
  let zero = false;
  if (decimal.special === "nan") inner.push({ type: "nan", value: numbers.nan });
  else if (decimal.special === "infinity") inner.push({ type: "infinity", value: "∞" });
  else {
    let shown = shownDigits(decimal, format.digits, format);
    if (format.notation === "compact") {
      const scale = (d) => [...COMPACT].reverse().find(([power]) => d.point > power);
      unit = scale(decimal);
      const lowered = (u) => (u === undefined ? decimal : { ...decimal, point: decimal.point - u[0] });
      shown = shownDigits(lowered(unit), format.digits, format);
      // 999,999 is rounded to 1000 thousands, which is a million.
      if (shown.before.length > 3) {
        const next = unit === undefined ? COMPACT[0] : COMPACT[COMPACT.indexOf(unit) + 1];
        if (next !== undefined) {
          unit = next;
          shown = shownDigits(lowered(unit), format.digits, format);
        }
      }
    }
    zero = shown.zero;
    grouped(shown.before, format, numbers).forEach((group, i) => {
      if (i > 0) inner.push({ type: "group", value: money ? numbers.moneyGroup : numbers.group });
      inner.push({ type: "integer", value: group });
    });
    if (shown.after !== "") inner.push({ type: "decimal", value: money ? numbers.moneyDecimal : numbers.decimal }, { type: "fraction", value: shown.after });
    if (unit !== undefined) {
      // Amounts of money have the short words either way.
      const long = format.compactDisplay === "long" && format.style !== "currency";
      if (long) inner.push({ type: "literal", value: " " });
      inner.push({ type: "compact", value: long ? unit[2] : unit[1] });
    }
  }
  const { signDisplay } = format;
  const negative = decimal.negative;
  const sign = {
    auto: negative ? "-" : "", always: negative ? "-" : "+", never: "",
    exceptZero: zero || decimal.special === "nan" ? "" : negative ? "-" : "+", negative: negative && !zero ? "-" : "",
  }[signDisplay];
  let templates = ["#", "-#"];
  let symbol;
  if (format.style === "percent") templates = numbers.percent;
  if (format.style === "currency") {
    const { currency, currencyDisplay } = format;
    symbol = currency;
    if (currencyDisplay !== "code") symbol = numbers.symbols[currency] ?? currency;
    if (currencyDisplay === "narrowSymbol") symbol = numbers.narrow[currency] ?? symbol;
    const prefixed = numbers.money.standard[0][0].startsWith("¤");
    const beside = prefixed ? [...symbol].at(-1) : [...symbol][0];
    const kind = /[\p{S}\p{Z}]/u.test(beside) ? 0 : 1;
    // A code stands away from digits, not from the signs for infinity and NaN.
    if (decimal.special !== undefined && sign !== "" && signInside(numbers.money.standard[kind][1])) refuse("amounts of Infinity and NaN with a sign are not available here");
    const place = prefixed && decimal.special !== undefined ? 0 : kind;
    const [standard, accounting] = [numbers.money.standard[place], numbers.money.accounting[place]];
    if (format.currencySign === "standard" || signDisplay === "never") templates = standard;
    else if (sign !== "+") templates = accounting;
    else refuse(`currencySign: "accounting" with a plus sign is not available here in ${format.locale}`);
  }
  const template = sign === "" ? templates[0] : templates[1];
  const parts = [];
  let literal = "";
  const flush = () => {
    if (literal !== "") parts.push({ type: "literal", value: literal });
    literal = "";
  };
  for (const character of template) {
    if (character === "#") {
      flush();
      parts.push(...inner);
    } else if (character === "-") {
      flush();
      parts.push(sign === "+" ? { type: "plusSign", value: numbers.plus } : { type: "minusSign", value: numbers.minus });
    } else if (character === "¤") {
      flush();
      parts.push({ type: "currency", value: symbol });
    } else if (character === "%") {
      flush();
      // As ICU calls it in compact notation.
      parts.push({ type: format.notation === "compact" ? "unit" : "percentSign", value: "%" });
    } else {
      literal += character;
    }
  }
  flush();
  return parts;
};
const join = (parts) => {
  let text = "";
  for (const part of parts) text += part.value;
  return text;
};

/** Whether the sign stands between the currency and the number. */
const signInside = (template) => /¤.*-/.test(template);

/** Makes a class of Intl: what `resolve` gives is kept for each instance; some may be called without `new`. */
const slots = new WeakMap();
const service = (name, resolve, callable, methods) => {
  const type = {
    [name]: function (locales, options) {
      if (new.target === undefined) {
        if (!callable) throw new TypeError(`Constructor Intl.${name} requires 'new'`);
        return new type(locales, options);
      }
      slots.set(this, resolve(locales, options));
    },
  }[name];
  const state = (self) => slots.get(self) ?? (() => { throw new TypeError(`this is no Intl.${name}`); })();
  for (const [key, action] of Object.entries(methods)) {
    if (key === "format" && callable || key === "compare") {
      Object.defineProperty(type.prototype, key, {
        configurable: true,
        get() {
          const kept = state(this);
          return (kept.bound ??= (...values) => action(kept, ...values));
        },
      });
    } else {
      define(type.prototype, key, { [key](...values) { return action(state(this), ...values); } }[key]);
    }
  }
  define(type, "supportedLocalesOf", (locales) => canonicalList(locales).map(({ name: tag }) => tag).filter((tag) => known(tag) !== undefined));
  Object.defineProperty(type.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
  Object.defineProperty(type, "length", { value: 0, configurable: true });
  shared.opaque(type, `it is an Intl.${name}: write the text that it makes`);
  return type;
};
const define = (object, name, value) => Object.defineProperty(object, name, { value, configurable: true, writable: true });
const noRange = () => {
  throw new TypeError("ranges are not available here: format both ends and join them");
};

const NumberFormat = service("NumberFormat", resolveNumber, true, {
  format: (format, value) => join(numberParts(value, format)),
  formatToParts: (format, value) => numberParts(value, format),
  formatRange: noRange,
  formatRangeToParts: noRange,
  resolvedOptions: ({ locale, style, currency, currencyDisplay, currencySign, shownSign, digits, useGrouping, notation, compactDisplay, signDisplay, roundingMode, trailingZeroDisplay }) => {
    const { compact, ...shown } = digits;
    const result = {
      locale, numberingSystem: "latn", style, currency, currencyDisplay, currencySign: currencySign && shownSign, ...shown, ...(compact && { minimumFractionDigits: 0, maximumFractionDigits: 0, minimumSignificantDigits: 1, maximumSignificantDigits: 2 }),
      useGrouping, notation, compactDisplay, signDisplay, roundingMode, roundingIncrement: 1, trailingZeroDisplay, roundingPriority: compact ? "morePrecision" : "auto",
    };
    return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined));
  },
});

// Dates.

const FIELDS = { weekday: ["", "short", "long", "narrow"], year: ["", "numeric", "2-digit"], month: ["", "numeric", "2-digit", "short", "long", "narrow"], day: ["", "numeric", "2-digit"] };
const TIMES = ["", "numeric", "2-digit"];
const DATE = {
  weekday: FIELDS.weekday.slice(1), year: FIELDS.year.slice(1), month: FIELDS.month.slice(1), day: FIELDS.day.slice(1),
  hour: TIMES.slice(1), minute: TIMES.slice(1), second: TIMES.slice(1), fractionalSecondDigits: Number, timeZoneName: ["short", "long"],
  hour12: Boolean, hourCycle: ["h11", "h12", "h23"], timeZone: String, dateStyle: ["full", "long", "medium", "short"], timeStyle: ["full", "long", "medium", "short"],
  numberingSystem: ["latn"], calendar: ["gregory"], localeMatcher: ["lookup", "best fit"], formatMatcher: ["basic", "best fit"],
};
const dateParts = ["weekday", "year", "month", "day"];
const timeParts = ["hour", "minute", "second", "fractionalSecondDigits"];

/** Minutes east of UTC, and the zone's name. */
const zoneOf = (zone) => {
  if (zone === undefined) return { name: "UTC", minutes: 0 };
  const text = String(zone);
  if (/^(?:UTC|GMT|UCT|Zulu|(?:Etc\/)?(?:UTC|GMT|UCT|Greenwich|Universal|Zulu|GMT[+-]?0))$/i.test(text)) return { name: "UTC", minutes: 0 };
  const etc = /^Etc\/GMT([+-])(\d{1,2})$/i.exec(text);
  if (etc && Number(etc[2]) <= (etc[1] === "-" ? 14 : 12)) return { name: `Etc/GMT${etc[1]}${Number(etc[2])}`, minutes: (etc[1] === "-" ? 60 : -60) * Number(etc[2]) };
  const offset = /^([+-])([01]\d|2[0-3])(?::?([0-5]\d))?$/.exec(text);
  if (offset) return { name: `${offset[1]}${offset[2]}:${offset[3] ?? "00"}`, minutes: (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3] ?? 0)) };
  return refuse(`the time zone ${text} is not available here, for there is no table of daylight saving: "UTC" and offsets such as "+02:00" are; let the input say the offset, or take the time in UTC`);
};

const resolveDate = (required, defaults) => (locales, given) => {
  const { locale, tag } = choose(locales, "format dates");
  const options = optionsOf(given, "Intl.DateTimeFormat", DATE);
  const zone = zoneOf(options.timeZone);
  const { dateStyle, timeStyle } = options;
  const fields = {};
  for (const name of [...dateParts, "hour", "minute", "second", "timeZoneName"]) if (options[name] !== undefined) fields[name] = options[name];
  if (options.fractionalSecondDigits !== undefined) fields.fractionalSecondDigits = whole(options.fractionalSecondDigits, 1, 3, "fractionalSecondDigits");
  const styled = (dateStyle ?? timeStyle) !== undefined;
  if (styled) {
    const [also] = Object.keys(fields);
    if (also !== undefined) throw new TypeError(`Can't set option ${also} when ${dateStyle === undefined ? "timeStyle" : "dateStyle"} is used`);
    if (required === "date" && timeStyle !== undefined) throw new TypeError("Invalid option : timeStyle");
    if (required === "time" && dateStyle !== undefined) throw new TypeError("Invalid option : dateStyle");
  } else {
    const has = (names) => names.some((name) => fields[name] !== undefined);
    const enough = (required !== "time" && has(dateParts)) || (required !== "date" && has(timeParts));
    if (!enough) {
      if (defaults !== "time") for (const name of ["year", "month", "day"]) fields[name] = "numeric";
      if (defaults !== "date") for (const name of ["hour", "minute", "second"]) fields[name] = "numeric";
    }
  }
  const format = { locale, tag, zone, dateStyle, timeStyle, fields, options };
  format.pattern = patternOf(format);
  return format;
};

const noPattern = (format) =>
  refuse(`these parts of a date are not available together in ${format.locale} (${Object.entries({ ...format.fields, dateStyle: format.dateStyle, timeStyle: format.timeStyle }).filter(([, v]) => v !== undefined).map(([k, v]) => `${k}: ${v}`).join(", ")}): format them one by one, or write the text in code`);

/** The same pattern with another way to count hours; two-digit hours stay so. */
const HOURS = { h12: ["h", "I"], h11: ["j", "J"], h23: ["k", "H"], h24: ["l", "K"] };
const withCycle = (pattern, cycle) =>
  pattern.replace(/%([hIjJkHlK])/g, (_, code) => `%${HOURS[cycle][Object.values(HOURS).find((pair) => pair.includes(code)).indexOf(code)]}`);

const patternOf = (format) => {
  const { pool, dates, joints, times, styles, cycle: usual, cycles, zones } = data(format.tag, "d");
  const { fields, options } = format;
  const cycle = options.hour12 === undefined ? (options.hourCycle ?? usual) : cycles[options.hour12 ? 0 : 1];
  format.cycle = cycle;
  const chosen = (index) => (index < 0 ? noPattern(format) : pool[index]);
  const explicit = options.hour12 !== undefined || cycle !== usual;
  const clock = cycle === "h12" || cycle === "h11" ? 0 : 1;
  if ((format.dateStyle ?? format.timeStyle) !== undefined) {
    const at = (style) => ["full", "long", "medium", "short"].indexOf(style) + 1;
    const variant = explicit && format.timeStyle !== undefined ? clock + 1 : 0;
    const pattern = chosen(styles[(variant * 5 + at(format.dateStyle)) * 5 + at(format.timeStyle)]);
    if (/%[zZ]/.test(pattern) && format.zone.name !== "UTC") refuse(`the name of the time zone ${format.zone.name} is not available here: use timeStyle "medium" or "short"`);
    format.hasHour = format.timeStyle !== undefined;
    return format.hasHour ? withCycle(pattern, cycle) : pattern;
  }
  const place = (list, value = "") => list.indexOf(value);
  const day = ((place(FIELDS.weekday, fields.weekday) * 3 + place(FIELDS.year, fields.year)) * 6 + place(FIELDS.month, fields.month)) * 3 + place(FIELDS.day, fields.day);
  const time = ((clock * 3 + place(TIMES, fields.hour)) * 3 + place(TIMES, fields.minute)) * 3 + place(TIMES, fields.second);
  const hasTime = (fields.hour ?? fields.minute ?? fields.second ?? fields.fractionalSecondDigits) !== undefined;
  let clockPattern = "";
  if (hasTime) {
    // Hours and seconds without minutes are written in odd ways that depend on the date beside them.
    if (fields.hour !== undefined && fields.second !== undefined && fields.minute === undefined) noPattern(format);
    if (fields.hour === undefined && day > 0) noPattern(format);
    clockPattern = chosen(times[time]);
    if (fields.hour !== undefined) clockPattern = withCycle(clockPattern, cycle);
    if (fields.fractionalSecondDigits !== undefined) {
      if (fields.second === undefined || clockPattern.includes("(")) noPattern(format);
      clockPattern = clockPattern.replace(/%([sS])/, `%$1%.%f`);
    }
  }
  format.hasHour = fields.hour !== undefined;
  if (fields.timeZoneName !== undefined) {
    if (day > 0 && (fields.day === undefined || fields.month === undefined)) noPattern(format);
    if (!hasTime || fields.hour === undefined || fields.minute === undefined || !zones[fields.timeZoneName === "short" ? 0 : 1]) noPattern(format);
    if (format.zone.name !== "UTC") refuse(`the name of the time zone ${format.zone.name} is not available here: write it in code`);
    clockPattern += fields.timeZoneName === "short" ? " %z" : " %Z";
  }
  if (day === 0) return clockPattern;
  if (!hasTime) return chosen(dates[day]);
  return chosen(dates[day]) + chosen(joints[day]) + clockPattern;
};

const twoDigits = (number) => String(number % 100).padStart(2, "0");
const dateToParts = (format, value) => {
  const time = value === undefined ? host.now() : Number(value);
  if (!Number.isFinite(time) || Math.abs(time) > 8.64e15) refuse("Invalid time value: the date is invalid");
  const date = new Date(Math.floor(time) + format.zone.minutes * 60_000);
  if (date.getUTCFullYear() < 1) refuse(`years before 1 are not available here: the year is ${date.getUTCFullYear()}`);
  const names = data(format.tag, "d");
  const hours = date.getUTCHours();
  const year = String(date.getUTCFullYear());
  const field = (code) => {
    switch (code) {
      case "y": return ["year", year];
      case "Y": return ["year", twoDigits(date.getUTCFullYear())];
      case "m": return ["month", String(date.getUTCMonth() + 1)];
      case "M": return ["month", twoDigits(date.getUTCMonth() + 1)];
      case "t": return ["day", String(date.getUTCDate())];
      case "T": return ["day", twoDigits(date.getUTCDate())];
      case "h": return ["hour", String(hours % 12 || 12)];
      case "I": return ["hour", twoDigits(hours % 12 || 12)];
      case "j": return ["hour", String(hours % 12)];
      case "J": return ["hour", twoDigits(hours % 12)];
      case "k": return ["hour", String(hours)];
      case "H": return ["hour", twoDigits(hours)];
      case "l": return ["hour", String(hours || 24)];
      case "K": return ["hour", twoDigits(hours || 24)];
      case "n": return ["minute", String(date.getUTCMinutes())];
      case "N": return ["minute", twoDigits(date.getUTCMinutes())];
      case "s": return ["second", String(date.getUTCSeconds())];
      case "S": return ["second", twoDigits(date.getUTCSeconds())];
      case "f": return ["fractionalSecond", String(date.getUTCMilliseconds()).padStart(3, "0").slice(0, format.fields.fractionalSecondDigits)];
      case "p": return ["dayPeriod", names.periods[hours < 12 ? 0 : 1]];
      case "z": return ["timeZoneName", "UTC"];
      case "Z": return ["timeZoneName", names.utc];
      case "%": return ["literal", "%"];
      case ".": return ["literal", data(format.tag, "n").decimal];
    }
    const weekday = "abcdefg".indexOf(code);
    if (weekday >= 0) return ["weekday", names.weekdays[weekday][date.getUTCDay()]];
    return ["month", names.months[Number(code)][date.getUTCMonth()]];
  };
  const parts = [];
  let literal = "";
  const { pattern } = format;
  for (let i = 0; i < pattern.length; i++) {
    const [type, text] = pattern[i] === "%" ? field(pattern[++i]) : ["literal", pattern[i]];
    if (type === "literal") {
      literal += text;
      continue;
    }
    if (literal !== "") parts.push({ type: "literal", value: literal });
    literal = "";
    parts.push({ type, value: text });
  }
  if (literal !== "") parts.push({ type: "literal", value: literal });
  return parts;
};

/** As V8 has it, the narrow space of patterns is an ordinary one in texts, and itself in parts. */
const dateText = (format, date) => join(dateToParts(format, date)).replaceAll("\u202f", " ");

const DateTimeFormat = service("DateTimeFormat", resolveDate("any", "date"), true, {
  format: (format, date) => dateText(format, date),
  formatToParts: dateToParts,
  formatRange: noRange,
  formatRangeToParts: noRange,
  resolvedOptions: (format) => {
    const { locale, zone, cycle, hasHour, fields, dateStyle, timeStyle } = format;
    const result = {
      locale, calendar: "gregory", numberingSystem: "latn", timeZone: zone.name,
      ...(hasHour && { hourCycle: cycle, hour12: cycle === "h12" || cycle === "h11" }), ...fields, dateStyle, timeStyle,
    };
    return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined));
  },
});

// Plurals, lists, relative times.

const language = (tag) => tag.split("-")[0];
const CARDINAL = {
  en: (n, i, v) => (i === 1n && v === 0 ? "one" : "other"),
  fr: (n, i, v) => (i === 0n || i === 1n ? "one" : i !== 0n && i % 1000000n === 0n && v === 0 ? "many" : "other"),
  pt: (n, i, v, tag) => (tag === "pt-PT" ? CARDINAL.it(n, i, v) : CARDINAL.fr(n, i, v)),
  it: (n, i, v) => (i === 1n && v === 0 ? "one" : i !== 0n && i % 1000000n === 0n && v === 0 ? "many" : "other"),
  es: (n, i, v) => (n === 1 ? "one" : i !== 0n && i % 1000000n === 0n && v === 0 ? "many" : "other"),
  da: (n, i) => (n === 1 || (!Number.isInteger(n) && (i === 0n || i === 1n)) ? "one" : "other"),
  nb: (n) => (n === 1 ? "one" : "other"),
  pl: (n, i, v) => {
    if (v !== 0) return "other";
    if (i === 1n) return "one";
    return i % 10n >= 2n && i % 10n <= 4n && !(i % 100n >= 12n && i % 100n <= 14n) ? "few" : "many";
  },
  cs: (n, i, v) => (v !== 0 ? "many" : i === 1n ? "one" : i >= 2n && i <= 4n ? "few" : "other"),
  ja: () => "other",
};
Object.assign(CARDINAL, { sv: CARDINAL.en, de: CARDINAL.en, nl: CARDINAL.en, fi: CARDINAL.en, tr: CARDINAL.nb, zh: CARDINAL.ja, ko: CARDINAL.ja });
const ORDINAL = {
  en: (n) => {
    const [last, two] = [n % 10, n % 100];
    return last === 1 && two !== 11 ? "one" : last === 2 && two !== 12 ? "two" : last === 3 && two !== 13 ? "few" : "other";
  },
  sv: (n) => ((n % 10 === 1 || n % 10 === 2) && n % 100 !== 11 && n % 100 !== 12 ? "one" : "other"),
  fr: (n) => (n === 1 ? "one" : "other"),
  it: (n) => ([8, 11, 80, 800].includes(n) ? "many" : "other"),
};
const PluralRules = service("PluralRules", (locales, given) => {
  const { locale, tag } = choose(locales, "choose plurals");
  const { roundingMode, minimumIntegerDigits, minimumFractionDigits, maximumFractionDigits, minimumSignificantDigits, maximumSignificantDigits } = NUMBER;
  const options = optionsOf(given, "Intl.PluralRules", { type: ["cardinal", "ordinal"], localeMatcher: NUMBER.localeMatcher, roundingMode, minimumIntegerDigits, minimumFractionDigits, maximumFractionDigits, minimumSignificantDigits, maximumSignificantDigits });
  return { locale, tag, type: options.type ?? "cardinal", roundingMode: options.roundingMode ?? "halfExpand", trailingZeroDisplay: "auto", digits: digitsOf(options, 0, 3, false) };
}, false, {
  select: (rules, value) => {
    const decimal = decimalOf(Number(value));
    if (decimal.special !== undefined) return "other";
    const { before, after } = shownDigits(decimal, rules.digits, rules);
    const n = Number(`${before}.${after === "" ? "0" : after}`);
    if (rules.type === "ordinal") return (ORDINAL[language(rules.tag)] ?? (() => "other"))(n);
    return CARDINAL[language(rules.tag)](n, BigInt(before), after.length, rules.tag);
  },
  selectRange: noRange,
  resolvedOptions: ({ locale, type, digits }) => ({ locale, type, ...digits }),
});

const ListFormat = service("ListFormat", (locales, given) => {
  const { locale, tag } = choose(locales, "join lists");
  const { type = "conjunction", style = "long" } = optionsOf(given, "Intl.ListFormat", { type: ["conjunction", "disjunction", "unit"], style: ["long", "short", "narrow"], localeMatcher: NUMBER.localeMatcher });
  return { locale, tag, type, style };
}, false, {
  format: (format, list) => join(listParts(format, list)),
  formatToParts: (format, list) => listParts(format, list),
  resolvedOptions: ({ locale, type, style }) => ({ locale, type, style }),
});
const listParts = ({ tag, type, style }, list) => {
  const items = Array.from(list ?? [], (item) => {
    if (typeof item !== "string") throw new TypeError(`Iterable yielded ${String(item)} which is not a string`);
    return item;
  });
  const [pair, first, middle, last] = data(tag, "l")[`${type} ${style}`];
  // "y" and "o" become "e" and "u" before certain sounds.
  if (language(tag) === "es" && items.length > 1 && /^(?:h?[iíoó]|y|8|11)/i.test(items.at(-1))) {
    refuse(`a list whose last item is ${JSON.stringify(items.at(-1))} is not available in ${tag}: join it in code`);
  }
  const parts = [];
  items.forEach((value, i) => {
    if (i > 0) parts.push({ type: "literal", value: items.length === 2 ? pair : i === 1 ? first : i === items.length - 1 ? last : middle });
    parts.push({ type: "element", value });
  });
  return parts;
};

const UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
const NEAR = {
  second: { 0: "now" }, minute: { 0: "this minute" }, hour: { 0: "this hour" }, day: { "-1": "yesterday", 0: "today", 1: "tomorrow" },
};
for (const unit of ["week", "month", "quarter", "year"]) NEAR[unit] = { "-1": `last ${unit}`, 0: `this ${unit}`, 1: `next ${unit}` };
const RelativeTimeFormat = service("RelativeTimeFormat", (locales, given) => {
  const { locale, tag } = choose(locales, "tell relative times");
  if (tag !== "en-US") refuse(`Intl.RelativeTimeFormat is available in en-US only: write the text in ${locale} in code`);
  const { style = "long", numeric = "always" } = optionsOf(given, "Intl.RelativeTimeFormat", { style: ["long"], numeric: ["always", "auto"], localeMatcher: NUMBER.localeMatcher });
  return { locale, style, numeric, number: resolveNumber("en-US") };
}, false, {
  format: (format, value, unit) => {
    const name = String(unit).replace(/s$/, "");
    if (!UNITS.includes(name)) refuse(`Invalid unit argument for format() '${unit}': ${UNITS.join(", ")} are possible`);
    const number = Number(value);
    if (!Number.isFinite(number)) refuse("Invalid time value: a relative time takes a finite number");
    const near = format.numeric === "auto" ? NEAR[name][Object.is(number, -0) ? 0 : number] : undefined;
    if (near !== undefined) return near;
    const size = join(numberParts(Math.abs(number), format.number));
    const text = `${size} ${name}${size === "1" ? "" : "s"}`;
    return number < 0 || Object.is(number, -0) ? `${text} ago` : `in ${text}`;
  },
  formatToParts: () => {
    throw new TypeError("the parts of relative times are not available here: use format");
  },
  resolvedOptions: ({ locale, style, numeric }) => ({ locale, style, numeric, numberingSystem: "latn" }),
});

// Comparison, as CLDR's root orders text.
//
// A character has elements of three numbers each: its letter (0 for a mark), its mark (1 for a letter) and its form (2 is the usual one; they are
// numbered as in the UCA). What has no letter of its own is another text in some form. locales/collation.mjs finds all of it.

let table;
/** The table, read when something is first compared that is not ASCII alone. */
const readTable = () => {
  const { order, marks, ignored, forms, alias, han } = data("*", "c");
  /** A whole number in base 26, its sign in the last bit. */
  const number = (digits) => {
    let value = 0;
    for (const digit of digits.toLowerCase()) value = value * 26 + digit.charCodeAt(0) - 97;
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  };
  /** Runs of code points: the first, the one after the last, the place of the first, and how far apart places are. */
  const runs = (text, place, step, what) => {
    const list = [];
    let at = 0;
    for (const [, same, digits, length] of text.matchAll(/(=?)([A-Z]*[a-z])(\d*)/g)) {
      at += number(digits);
      const end = at + Number(length || 1);
      if (same === "=") list.push([at, end, place - step, 0, what]);
      else {
        list.push([at, end, place, step, what]);
        place += (end - at) * step;
      }
      at = end;
    }
    return list;
  };
  const named = new Map();
  for (const [form, words] of Object.entries(alias)) {
    let next = 0;
    for (const word of words.split(" ")) {
      const [, character, text, count = 1] = /^([^=+]?)(?:=([^+]+))?(?:\+(\d+))?$/u.exec(word);
      if (character !== "") next = character.codePointAt(0);
      for (let i = 0; i < count; i++, next++) {
        const self = String.fromCodePoint(next);
        named.set(self, [Number(form), text === undefined ? self : i === 0 ? text : String.fromCodePoint(text.codePointAt(0) + i)]);
      }
    }
  }
  const own = [...runs(order, 1, 1, "letter"), ...runs(marks, 2, 1, "mark"), ...runs(ignored, 0, 0, "nothing")].sort((a, b) => a[0] - b[0]);
  let places;
  /** The places of Han that are not in the order of code points. */
  const hanPlaces = () => {
    if (places !== undefined) return places;
    places = new Map();
    let [place, count] = [0x4e00, 0];
    for (const [, before, own] of han.matchAll(/([A-Z]*[a-z])([A-Z]*[a-z])/g)) {
      const step = number(before);
      place += step;
      count = step === 0 ? count + 1 : 1;
      places.set(place + number(own), place + count / 1000);
    }
    return places;
  };
  table = { own, named, han: hanPlaces, forms: Object.entries(forms).flatMap(([form, text]) => runs(text, Number(form), 0)) };
};
const found = new Map();
/** The elements of a character, undefined for what is not known. */
const elementsOf = (character) => {
  let elements = found.get(character);
  if (elements === undefined && !found.has(character)) {
    if (table === undefined) readTable();
    elements = findElements(character);
    found.set(character, elements);
  }
  return elements;
};
const findElements = (character) => {
  if (/\p{Cn}/u.test(character)) return undefined;
  const alias = table.named.get(character);
  if (alias !== undefined) return inForm(alias[0], alias[1] === character ? ownElements(character) : elementsOfText(alias[1]));
  const code = character.codePointAt(0);
  if (/\p{Unified_Ideograph}/u.test(character)) return code >= 0x4e00 && code < 0x9fa6 ? [1e6 + (table.han().get(code) ?? code), 1, 2] : undefined;
  const decomposed = character.normalize("NFD");
  if (decomposed !== character) return elementsOfText(decomposed);
  const plain = character.normalize("NFKC");
  if (plain !== character) {
    const run = table.forms.find(([first, end]) => code >= first && code < end);
    return run === undefined ? undefined : inForm(run[2], elementsOfText(plain));
  }
  const lower = character.toLowerCase();
  return lower === character ? ownElements(character) : inForm(8, elementsOf(lower));
};
const ownElements = (character) => {
  const { own } = table;
  const code = character.codePointAt(0);
  let [low, high] = [0, own.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (own[middle][0] <= code) low = middle + 1;
    else high = middle;
  }
  const [first, end, place, step, what] = own[low - 1] ?? [0, 0];
  if (code >= end) return undefined;
  return what === "letter" ? [place + (code - first) * step, 1, 2] : what === "mark" ? [0, place + (code - first) * step, 2] : [];
};
/** Greater than all marks. */
const BEYOND = 1000;
/** The elements of what an alias stands for; `^` gives the letter before it a mark of its own, `%` puts a mark after it that is beyond all. */
const elementsOfText = (text) => {
  const list = [];
  for (const character of text) {
    if (character === "^" && text !== "^") {
      list[list.length - 2] = Math.max(1.5, list.at(-2)) + 0.01;
      continue;
    }
    if (character === "%" && text !== "%") {
      if (list.at(-2) > BEYOND) list[list.length - 2]++;
      else list.push(0, BEYOND + 1, 2);
      continue;
    }
    const elements = elementsOf(character);
    if (elements === undefined) return undefined;
    list.push(...elements);
  }
  return list;
};
const CAPITAL = { 2: 8, 3: 9, 4: 10, 5: 11, 6: 12, 20: 29, 28: 29 };
const KANA = { 6: 19, 18: 18 };
/** Elements in a form: the small letters, capitals and kana of a fullwidth form, say. */
const inForm = (form, elements) =>
  elements?.map((value, i) => {
    if (i % 3 !== 2) return value;
    if (form === 8) return CAPITAL[value] ?? value;
    if (value === 8) return CAPITAL[form] ?? form;
    if (value < 13 || value > 17) return form;
    return form === 18 && value === 15 ? 16 : (KANA[form] ?? form);
  });
/** 0 for what is small, 2 for a capital, 1 for what is both. */
const caseOf = (form) => ((form >= 8 && form <= 12) || form === 14 || (form >= 17 && form <= 19) || form === 29 || form === 31 ? 2 : form === 2.1 || form === 2.2 || form === 30.1 ? 1 : 0);

/** What languages order in another way: `a<b` puts a letter after another, `!a<b` before it, `a;b` as a variant of it, `a~b` as it with a stroke. The click ǀ follows z. */
const NORDIC = "d;đ;ð y;ü;ű";
const RULES = {
  es: "n<ñ", pl: "a<ą c<ć e<ę l<ł n<ń o<ó s<ś z<ź<ż", cs: "c<č h<ch r<ř s<š z<ž",
  tr: "c<ç g<ğ !i<ı o<ö s<ş u<ü",
  sv: `${NORDIC} !ǀ<å<ä;æ;ę<ö;ø;ő;œ;ô`, fi: "d~đ g~ǥ n~ŋ t~ŧ y;ü z~ʒ !ǀ<å<ä;æ<ö;ø",
  da: `${NORDIC} !ǀ<æ;ä<ø;ö;ő<å`, nb: `${NORDIC} !ǀ<æ;ä;ę<ø;ö;ő;œ<å`,
};
/** The languages whose order is the root's. */
const PLAIN = new Set(["en", "de", "fr", "it", "pt", "nl"]);
const tailored = new Map();
const tailoring = (language) => {
  if (RULES[language] === undefined) return undefined;
  let own = tailored.get(language);
  if (own !== undefined) return own;
  tailored.set(language, (own = new Map()));
  for (const rule of RULES[language].split(" ")) {
    const [, start, rest] = /^(!?.)(.*)$/u.exec(rule);
    let [letter, mark] = [start[0] === "!" ? elementsOf(start.slice(1))[0] - 1 : elementsOf(start)[0], 1];
    for (const [, step, text] of rest.matchAll(/([<;~])([^<;~]+)/g)) {
      if (step === "<") [letter, mark] = [letter + 0.01, 1];
      else if (step === ";") mark += 0.01; // less than what `^` gives
      const stroke = step === "~" ? [0, elementsOf("\u0335")[1] + 0.5, 2] : [];
      own.set(text, [letter, mark, 2, ...stroke]);
      own.set(text.toUpperCase(), [letter, mark, 8, ...stroke]);
    }
  }
  if (language === "tr") own.set("İ", inForm(8, elementsOf("i")));
  const set = (text, elements, capital) => own.set(text, elements).set(text.toUpperCase(), capital);
  const [t, h, o, e] = [..."thoe"].map((letter) => elementsOf(letter)[0]);
  if (RULES[language].startsWith(NORDIC)) set("þ", [t, 1, 2.5, h, 1, 2], [t, 1, 8.5, h, 1, 2]);
  if (language === "da") set("œ", [o, 1, 2, e, 1.01, 2], [o, 1, 8, e, 1.01, 8]);
  // Two letters that are one; between small ones and capitals are those of both.
  const pair = { cs: ["ch", [elementsOf("h")[0] + 0.01, 1], [2, 2.1, 2.2, 8]], da: ["aa", own.get("å"), [30, undefined, 30.1, 31]] }[language === "nb" ? "da" : language];
  if (pair !== undefined) {
    const [[a, b], [letter, mark], forms] = pair;
    [a + b, a + b.toUpperCase(), a.toUpperCase() + b, (a + b).toUpperCase()].forEach((text, i) => forms[i] && own.set(text, [letter, mark, forms[i]]));
  }
  return own;
};

/** A base with its marks in their usual order; what is composed and yet a letter of its own stays. */
const decomposed = (cluster) => {
  if (table === undefined) readTable();
  const parts = [];
  let open = "";
  for (const character of cluster) {
    if (table.named.has(character) && character.normalize("NFD") !== character) {
      parts.push(...open.normalize("NFD"), character);
      open = "";
    } else open += character;
  }
  return [...parts, ...open.normalize("NFD")];
};
/** The parts of a text that have elements: characters, composed where they can be. */
const partsOf = (text, own) => {
  let composed = text.normalize("NFC");
  if (composed.includes("·")) composed = composed.replaceAll("l·", "ŀ").replaceAll("L·", "Ŀ");
  if (own === undefined && !/\p{M}/u.test(composed)) return composed;
  const parts = [];
  const clusters = composed.match(/.\p{M}*/gsu) ?? [];
  for (let i = 0; i < clusters.length; i++) {
    const cluster = clusters[i];
    // Two letters that are one, the second with any marks.
    const [second, ...others] = clusters[i + 1]?.normalize("NFD") ?? "";
    if (own?.has(cluster + second) && cluster < "\u0080") {
      parts.push(cluster + second, ...others);
      i++;
      continue;
    }
    if (cluster.length === 1 && (own === undefined || cluster < "\u0080" || own.has(cluster))) {
      parts.push(cluster);
      continue;
    }
    const [first, ...marks] = cluster.normalize("NFD");
    // A mark makes a letter of its own though others stand between, if it can pass them.
    const at = marks.findIndex((mark, i) => {
      const before = marks.slice(0, i).join("");
      return own?.has((first + mark).normalize("NFC")) && (first + mark + before).normalize("NFD") === first + before + mark;
    });
    if (own?.has(cluster)) parts.push(cluster);
    else if (at >= 0) parts.push((first + marks[at]).normalize("NFC"), ...marks.filter((_, i) => i !== at));
    else parts.push(...decomposed(cluster));
  }
  return parts;
};
/** What is compared of a text: letters, then marks, then forms; and whether letters are capitals. */
const keysOf = (text, collator) => {
  const keys = { letters: [], marks: [], forms: [], capitals: [] };
  const { own, numeric, refused, hangul } = collator;
  const changed = own !== undefined || refused !== undefined;
  // ICU does not see that this old mark is two, of which the first makes a letter of its own.
  if (own !== undefined && text.includes("\u0344")) cannotCompare("\u0344", collator);
  const zero = numeric ? elementsOf("0")[0] : 0;
  let digits = "";
  const endNumber = () => {
    // A number is before all digits; by how many digits it has, then by them. Of long ones the collator takes so many at a time.
    let rest = digits.replace(/^0+(?=.)/, "");
    while (rest !== "") {
      const some = rest.slice(0, 254);
      keys.letters.push(zero - 0.5, some.length, ...Array.from(some, Number));
      keys.marks.push(1);
      keys.forms.push(2);
      keys.capitals.push(0);
      rest = rest.slice(254).replace(/^0+(?=.)/, "");
    }
    digits = "";
  };
  for (const part of partsOf(text, own)) {
    const elements = own?.get(part) ?? elementsOf(part);
    if (elements === undefined || refused?.test(part + part.normalize("NFKD"))) cannotCompare(part, collator);
    if (numeric && elements.length === 3 && elements[0] >= zero && elements[0] <= zero + 9 && /\p{Nd}/u.test(part)) {
      // Node's ICU takes these for digits of a number at some places and not at others.
      if (part.length > 1 || (part > "9" && changed)) cannotCompare(part, collator);
      digits += elements[0] - zero;
      continue;
    }
    if (digits !== "") endNumber();
    for (let i = 0; i < elements.length; i += 3) {
      let letter = elements[i];
      // Korean has its own letters before Latin ones.
      if (hangul !== undefined && letter >= hangul[0] && letter <= hangul[1]) letter = hangul[2] + (letter - hangul[0] + 1) / 1000;
      const form = elements[i + 2];
      if (letter > 0) {
        keys.letters.push(letter);
        keys.capitals.push(caseOf(form));
      }
      keys.marks.push(elements[i + 1]);
      keys.forms.push(form);
    }
  }
  if (digits !== "") endNumber();
  return keys;
};
const cannotCompare = (character, { locale }) =>
  refuse(`text with ${JSON.stringify(character)} cannot be compared as in ${locale} here: compare by code units, \`a < b ? -1 : a > b ? 1 : 0\``);

const compareLists = (a, b) => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
};

const ASCII = new Uint8Array(128);
[..."\t\n\u000b\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"].forEach((character, i) => {
  ASCII[character.charCodeAt(0)] = i + 1;
  ASCII[character.toUpperCase().charCodeAt(0)] = i + 1;
});
/** Where the digits end that begin at a place. */
const endOfDigits = (text, at) => {
  while (text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++;
  return at;
};
/** Compares what ASCII alone decides; undefined is for all else. It gives what the keys would, faster and without the table. */
const compareAscii = (a, b, { numeric, sensitivity, upperFirst }) => {
  let [i, j, later] = [0, 0, 0];
  for (;;) {
    let [x, y, left, right] = [0, 0, 0, 0];
    while (x === 0 && i < a.length) {
      left = a.charCodeAt(i++);
      if (left > 127) return undefined;
      x = ASCII[left];
    }
    while (y === 0 && j < b.length) {
      right = b.charCodeAt(j++);
      if (right > 127) return undefined;
      y = ASCII[right];
    }
    if (numeric && left >= 48 && left <= 57 && right >= 48 && right <= 57) {
      const [endA, endB] = [endOfDigits(a, i), endOfDigits(b, j)];
      if (a.charCodeAt(endA) > 127 || b.charCodeAt(endB) > 127 || endA - i > 250 || endB - j > 250) return undefined;
      const [one, two] = [a.slice(i - 1, endA).replace(/^0+(?=.)/, ""), b.slice(j - 1, endB).replace(/^0+(?=.)/, "")];
      if (one !== two) return one.length === two.length ? (one < two ? -1 : 1) : one.length < two.length ? -1 : 1;
      [i, j] = [endA, endB];
      continue;
    }
    if (x !== y) {
      // A mark may follow, which can make another letter.
      return a.charCodeAt(i) > 127 || b.charCodeAt(j) > 127 ? undefined : x < y ? -1 : 1;
    }
    if (x === 0) return sensitivity === "base" || sensitivity === "accent" ? 0 : upperFirst ? -later : later;
    if (left !== right && later === 0) later = left > right ? -1 : 1;
  }
};

const compareTexts = (collator, x, y) => {
  const [left, right] = [String(x), String(y)];
  if (left === right) return 0;
  const { sensitivity, upperFirst, ascii } = collator;
  const quick = ascii ? compareAscii(left, right, collator) : undefined;
  if (quick !== undefined) return quick;
  const [a, b] = [keysOf(left, collator), keysOf(right, collator)];
  const first = compareLists(a.letters, b.letters);
  if (first !== 0) return first;
  if (sensitivity === "case") return (upperFirst ? -1 : 1) * compareLists(a.capitals, b.capitals);
  if (sensitivity === "base") return 0;
  // The accents of fr-CA are compared from the end.
  const second = collator.locale === "fr-CA" ? compareLists(a.marks.reverse(), b.marks.reverse()) : compareLists(a.marks, b.marks);
  if (second !== 0 || sensitivity === "accent") return second;
  if (!upperFirst) return compareLists(a.forms, b.forms);
  const turned = (forms) => forms.map((form) => form - 64 * caseOf(form));
  return compareLists(turned(a.forms), turned(b.forms));
};
const resolveCollator = (locales, given) => {
  const { locale, tag, extra } = choose(locales, "compare text", "c");
  const options = optionsOf(given, "Intl.Collator", { usage: ["sort"], sensitivity: ["base", "accent", "case", "variant"], ignorePunctuation: Boolean, numeric: Boolean, localeMatcher: NUMBER.localeMatcher });
  if (options.ignorePunctuation) refuse("the option ignorePunctuation is not available here: take the punctuation out before comparing");
  const name = language(tag);
  if (!PLAIN.has(name) && RULES[name] === undefined && UNSURE[name] === undefined) refuse(`text cannot be compared as in ${locale} here: name another locale, such as en-US`);
  const numeric = options.numeric ?? (extra.kn !== undefined && extra.kn !== "false");
  return { locale, language: name, own: tailoring(name), hangul: name === "ko" ? [elementsOf("\u1100")[0], elementsOf("\ud7fb")[0], elementsOf("a")[0] - 1] : undefined, refused: UNSURE[name], ascii: !["cs", "tr", "da", "nb"].includes(name), upperFirst: name === "da", numeric, sensitivity: options.sensitivity ?? "variant" };
};
/** What a language orders in a way that is not known here: by sound (Chinese has the tones of pinyin), or whatever its width. */
const UNSURE = { ja: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\u3000\u3131-\u318e\uff00-\uffef]/u, zh: /[\p{Script=Han}\p{Script=Bopomofo}\u0300\u0301\u0304\u030c]/u, ko: /\p{Script=Han}/u };
const Collator = service("Collator", resolveCollator, true, {
  compare: compareTexts,
  resolvedOptions: ({ locale, numeric, sensitivity, upperFirst }) => ({ locale, usage: "sort", sensitivity, ignorePunctuation: false, collation: "default", numeric, caseFirst: upperFirst ? "upper" : "false" }),
});

// The methods of the standard classes.

const methods = {};
const method = (type, name, value) => void (methods[`${type} ${name}`] = value);
const usual = new Map();
/** What was resolved for the same arguments without options before: loops ask for the same again and again. */
const once = (kind, resolve, locales, options) => {
  if (options !== undefined || (locales !== undefined && typeof locales !== "string")) return resolve(locales, options);
  const key = `${kind} ${locales}`;
  let kept = usual.get(key);
  if (kept === undefined) usual.set(key, (kept = resolve(locales)));
  return kept;
};
const { valueOf: numberOf } = Number.prototype;
const { valueOf: bigintOf } = BigInt.prototype;
const { getTime } = Date.prototype;
method("Number", "toLocaleString", (self, locales, options) => join(numberParts(numberOf.call(self), once("n", resolveNumber, locales, options))));
method("BigInt", "toLocaleString", (self, locales, options) => join(numberParts(bigintOf.call(self), once("n", resolveNumber, locales, options))));
for (const [name, required, defaults] of [["toLocaleString", "any", "all"], ["toLocaleDateString", "date", "date"], ["toLocaleTimeString", "time", "time"]]) {
  const resolve = resolveDate(required, defaults);
  method("Date", name, (self, locales, options) => {
    const time = getTime.call(self);
    const format = once(name, resolve, locales, options);
    return Number.isNaN(time) ? "Invalid Date" : dateText(format, time);
  });
}
method("String", "localeCompare", (self, other, locales, options) => compareTexts(once("c", resolveCollator, locales, options), String(self), String(other)));
for (const [name, plain] of [["toLocaleUpperCase", "toUpperCase"], ["toLocaleLowerCase", "toLowerCase"]]) {
  method("String", name, (self, locales) => {
    const [first] = canonicalList(locales);
    if (/^(?:tr|az|lt|el|hy|nl)(?:-|$)/.test(first?.name ?? "")) refuse(`the letters of ${first.name} are not available here: use ${plain}, which knows no language`);
    return String(self)[plain]();
  });
}
const localeList = (self, locales, options) => {
  choose(locales, "join lists");
  return Array.from(self, (item) => (item === undefined || item === null ? "" : String(item.toLocaleString(locales, options)))).join(",");
};
method("Array", "toLocaleString", localeList);
method("TypedArray", "toLocaleString", localeList);

const INSTEAD = {
  Segmenter: "take text apart with `[...text]` (code points) or a regular expression",
  DisplayNames: "write the names that the tool needs in code",
  DurationFormat: "write hours, minutes and seconds in code",
  Locale: "write the language tag as text",
};
const intl = {
  NumberFormat, DateTimeFormat, Collator, PluralRules, ListFormat, RelativeTimeFormat,
  getCanonicalLocales: (locales) => [...new Set(canonicalList(locales).map(({ name, extension }) => [name, ...extension].join("-")))],
  supportedValuesOf: (key) => {
    const values = { calendar: ["gregory"], numberingSystem: ["latn"], timeZone: ["UTC"] }[key];
    return values ?? refuse(`Intl.supportedValuesOf(${JSON.stringify(String(key))}) is not available here: calendar, numberingSystem and timeZone are`);
  },
};
for (const name of Object.keys(intl)) Object.defineProperty(intl, name, { enumerable: false });
return {
  methods,
  Intl: new Proxy(intl, {
    get(target, name) {
      if (name in target || typeof name === "symbol" || name === "then" || name === "toJSON") return target[name];
      throw new TypeError(
        `Intl.${name} is not available here: ${INSTEAD[name] ?? "there is no such name"}. Intl.NumberFormat, DateTimeFormat, Collator, PluralRules, ListFormat and RelativeTimeFormat are`,
      );
    },
  }),
};

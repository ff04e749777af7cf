// Numbers, dates and comparisons without a locale database: everything is formatted as in American English, in UTC.

const group = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

const formatNumber = (value, options = {}) => {
  if (typeof value === "bigint") return (value < 0n ? "-" : "") + group(String(value < 0n ? -value : value));
  let number = Number(value);
  if (Number.isNaN(number)) return "NaN";
  const { style = "decimal", currency, useGrouping = true, notation = "standard" } = options;
  if (!["decimal", "percent", "currency"].includes(style)) {
    throw new RangeError(`the number style ${style} is not available here: decimal, percent and currency are`);
  }
  if (notation !== "standard") throw new RangeError(`the notation ${notation} is not available here: format the number in code`);
  if (style === "percent") number *= 100;
  if (!Number.isFinite(number)) return number < 0 ? "-∞" : "∞";
  const usual = style === "currency" ? [2, 2] : style === "percent" ? [0, 0] : [0, 3];
  const least = options.minimumFractionDigits ?? Math.min(usual[0], options.maximumFractionDigits ?? usual[0]);
  const most = options.maximumFractionDigits ?? Math.max(usual[1], least);
  const size = Math.abs(number);
  let text;
  if (options.maximumSignificantDigits !== undefined) {
    text = String(Number(size.toPrecision(options.maximumSignificantDigits)));
  } else {
    text = size >= 1e21 ? BigInt(size).toString() : size.toFixed(most);
    while (text.includes(".") && text.endsWith("0") && text.length - text.indexOf(".") - 1 > least) text = text.slice(0, -1);
    if (text.endsWith(".")) text = text.slice(0, -1);
  }
  const [whole, fraction] = text.split(".");
  const padded = whole.padStart(options.minimumIntegerDigits ?? 1, "0");
  const digits = (useGrouping ? group(padded) : padded) + (fraction === undefined ? "" : `.${fraction}`);
  const sign = number < 0 && /[1-9]/.test(digits) ? "-" : "";
  const symbols = { USD: "$", EUR: "€", GBP: "£", JPY: "¥", INR: "₹", CNY: "CN¥", KRW: "₩" };
  if (style === "currency") {
    if (currency === undefined) throw new TypeError("the style currency needs a currency");
    return sign + (symbols[currency] ?? `${currency} `) + digits;
  }
  return sign + digits + (style === "percent" ? "%" : "");
};

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
];

const formatDate = (date, options = {}, usual = "both") => {
  if (Number.isNaN(date.getTime())) return "Invalid Date";
  const zone = options.timeZone ?? "UTC";
  if (!["UTC", "GMT", "Etc/UTC"].includes(zone)) {
    throw new RangeError(`the time zone ${zone} is not available here: only UTC is`);
  }
  let { weekday, year, month, day, hour, minute, second, dateStyle, timeStyle, hour12 = true, timeZoneName } = options;
  if (dateStyle !== undefined || timeStyle !== undefined) {
    if (dateStyle === "full") weekday = "long";
    if (dateStyle !== undefined) {
      day = "numeric";
      year = dateStyle === "short" ? "2-digit" : "numeric";
      month = { full: "long", long: "long", medium: "short", short: "numeric" }[dateStyle];
    }
    if (timeStyle !== undefined) {
      hour = "numeric";
      minute = "2-digit";
      if (timeStyle !== "short") second = "2-digit";
    }
  } else if ([weekday, year, month, day, hour, minute, second].every((part) => part === undefined)) {
    if (usual !== "time") year = month = day = "numeric";
    if (usual !== "date") [hour, minute, second] = ["numeric", "2-digit", "2-digit"];
  }
  const digits = (number, style) => (style === "2-digit" ? String(number % 100).padStart(2, "0") : String(number));
  const named = month === "long" || month === "short";
  const y = year && (year === "2-digit" ? digits(date.getUTCFullYear(), year) : String(date.getUTCFullYear()));
  const m = month && (named ? (month === "long" ? MONTHS : MONTHS.map((n) => n.slice(0, 3)))[date.getUTCMonth()] : digits(date.getUTCMonth() + 1, month));
  const d = day && digits(date.getUTCDate(), day);
  const w = weekday && (weekday === "long" ? DAYS[date.getUTCDay()] : DAYS[date.getUTCDay()].slice(0, 3));
  let days;
  if (named) days = [w, [m, d].filter(Boolean).join(" "), y].filter(Boolean).join(d || w ? ", " : " ");
  else days = [w, [m, d, y].filter(Boolean).join("/")].filter(Boolean).join(", ");
  let time = "";
  if (hour || minute || second) {
    const hours = date.getUTCHours();
    const h = hour && digits(hour12 ? hours % 12 || 12 : hours, hour12 ? hour : "2-digit");
    const parts = [h, minute && digits(date.getUTCMinutes(), h ? "2-digit" : minute), second && digits(date.getUTCSeconds(), "2-digit")];
    time = parts.filter(Boolean).join(":") + (h && hour12 ? (hours < 12 ? " AM" : " PM") : "") + (timeZoneName ? " UTC" : "");
  }
  return [days, time].filter(Boolean).join(", ");
};

const method = (prototype, name, value) =>
  Object.defineProperty(prototype, name, { value: { [name]: value }[name], configurable: true, writable: true });

method(Number.prototype, "toLocaleString", function (_, options) {
  return formatNumber(this.valueOf(), options);
});
method(BigInt.prototype, "toLocaleString", function (_, options) {
  return formatNumber(this.valueOf(), options);
});
method(Date.prototype, "toLocaleString", function (_, options) {
  return formatDate(this, options, "both");
});
method(Date.prototype, "toLocaleDateString", function (_, options) {
  return formatDate(this, options, "date");
});
method(Date.prototype, "toLocaleTimeString", function (_, options) {
  return formatDate(this, options, "time");
});

// Letters before case, numbers by value where asked: what people mean by sorting names.
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const compare = (a, b, { numeric = false, sensitivity = "variant" } = {}) => {
  const parts = (text) => (numeric ? (fold(text).match(/\d+|\D+/g) ?? []) : [fold(text)]);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x, y] = [left[i], right[i]];
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    if (numeric && /^\d/.test(x) && /^\d/.test(y)) {
      const difference = BigInt(x) - BigInt(y);
      if (difference !== 0n) return difference < 0n ? -1 : 1;
    } else if (x !== y) {
      return x < y ? -1 : 1;
    }
  }
  if (sensitivity === "base" || a === b) return 0;
  const [lowerA, lowerB] = [a.toLowerCase(), b.toLowerCase()];
  if (lowerA !== lowerB) return lowerA < lowerB ? -1 : 1;
  return sensitivity === "accent" ? 0 : a > b ? -1 : 1;
};
method(String.prototype, "localeCompare", function (other, _, options) {
  return compare(String(this), String(other), options);
});

const resolved = (options) => ({ locale: "en-US", numberingSystem: "latn", timeZone: "UTC", ...options });
class NumberFormat {
  #options;
  constructor(_, options = {}) {
    this.#options = options;
    this.format = (value) => formatNumber(value, options);
  }
  resolvedOptions() {
    return resolved(this.#options);
  }
}
class DateTimeFormat {
  #options;
  constructor(_, options = {}) {
    this.#options = options;
    this.format = (date) => formatDate(date === undefined ? new Date() : new Date(date), options, "date");
  }
  resolvedOptions() {
    return resolved(this.#options);
  }
}
class Collator {
  constructor(_, options = {}) {
    this.compare = (a, b) => compare(String(a), String(b), options);
  }
}
shared.define({
  Intl: new Proxy(
    { NumberFormat, DateTimeFormat, Collator },
    {
      get(target, name) {
        if (name in target || typeof name === "symbol") return target[name];
        throw new TypeError(
          `Intl.${name} is not available: there is no locale database. Intl.NumberFormat, Intl.DateTimeFormat (American English, UTC) and Intl.Collator are`,
        );
      },
    },
  ),
});

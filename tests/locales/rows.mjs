// Rows of the table that compares Belljar's Intl with Node's: each is an expression of JavaScript.
//
// The same seed gives the same rows. What Node's ICU says is right; Belljar says the same, or throws.

/** A small generator of numbers (mulberry32), so that rows can be made again. */
const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const LOCALES = [
  undefined, "en-US", "en-US", "en-US", "en", "en-GB", "en-CA", "en-AU", "en-IN", "sv-SE", "sv", "de-DE", "de", "de-AT", "de-CH", "fr-FR", "fr", "fr-CA", "es-ES", "es",
  "es-MX", "it-IT", "pt-BR", "pt-PT", "pt", "nl-NL", "da-DK", "nb-NO", "no", "fi-FI", "pl-PL", "cs-CZ", "tr-TR", "ja-JP", "zh-CN", "ko-KR", "ar-EG", "th-TH", "en-ZA", "de-DE-u-nu-latn",
  "hi-IN", "ru-RU", "en-US-u-hc-h23", "pt-AO",
];
const CURRENCIES = ["USD", "EUR", "GBP", "JPY", "SEK", "CHF", "INR", "CNY", "KRW", "BRL", "CAD", "AUD", "MXN", "PLN", "CZK", "TRY", "DKK", "NOK", "KWD", "CLF", "BTC", "XXX", "ISK", "HUF", "CLP", "TND", "usd"];
const NUMBERS = [
  "0", "-0", "1", "-1", "5", "9", "10", "12", "99.5", "100", "999", "1000", "1234", "-1234", "9999", "10000", "12345.678", "1234567.891", "-1234567.891", "0.5", "1.5", "2.5", "-2.5", "0.045",
  "0.125", "0.615", "1.005", "-1.005", "2.675", "1.45", "8.345", "10.235", "1234567.895", "1e-7", "1.5e-10", "0.000123456", "123456789012345680000", "1e21", "1.7976931348623157e308", "5e-324",
  "NaN", "Infinity", "-Infinity", "0.1 + 0.2", "999999", "999500", "1e6", "1500000", "-1.5e9", "123456789n", "-12345678901234567890n", "'1.005'", "'  12.50 '", "'abc'", "0.995", "0.9995", "99999.995", "4.35", "1.255",
];
const TEXTS = ["a", "A", "b", "B", "z", "ä", "Ä", "å", "ö", "o", "é", "e", "E", "résumé", "resume", "Resume", "co-op", "coop", "a b", "ab", "a1", "a2", "a10", "a02", "A10", "1", "10", "9", "02", "", " ", "_x", "$5", "#1", "ñ", "n", "nz", "ça", "ca", "cb", "ü", "u", "v", "w", "file 2.txt", "file 10.txt", "File 1.txt", "œuvre", "ß", "ss", "ø", "日本", "😀", "-1", "x.y", "x,y", "v1.10", "v1.9", "Zoë", "Zoe", "zoe", "cote", "coté", "côte", "côté", "o'neil", "oneil", "x\u00ad"];
/** What is compared: each list is of one script or kind, with neighbours that differ in a letter, a mark, or a form alone. */
const SCRIPTS = [
  ["Łódź", "Lodz", "łódź", "Åse", "Ase", "Ærø", "Aero", "Straße", "Strasse", "STRASSE", "ẞ", "Ðór", "Þór", "Thor", "œuvre", "oeuvre", "ŋ", "ng", "đ", "d", "ħ", "ı", "İ", "i", "ﬁn", "fin", "ĳ", "ij", "Ｆｉｎ", "ﬀ", "ſ", "chleba", "čaj", "Hugo", "Aarhus", "Århus", "ñu", "nz", "şeker", "ő", "ű", "ęa", "ǻ", "ộ", "l·l", "ŀl", "col·lecció"],
  ["Αθήνα", "Αθηνα", "αθήνα", "ΑΘΗΝΑ", "Ωmega", "σς", "σσ", "ᾧ", "ω", "ϐ", "β"], ["Москва", "москва", "МОСКВА", "Йод", "Иод", "ёлка", "елка", "Ђ", "ѓ", "г", "ґ", "ї", "й"],
  ["Երևան", "երեւան", "Երեվան"], ["თბილისი", "Თბილისი", "ⴀ", "ა"], ["שלום", "שָׁלוֹם", "שׁ", "ש", "ך", "כ"], ["سلام", "سَلام", "أحمد", "احمد", "آ", "ي", "ى", "ٱ", "پ", "١٢", "12", "۱۲"],
  ["かな", "カナ", "ガナ", "がな", "ｶﾅ", "ｶﾞﾅ", "きゃ", "きや", "キャ", "ー", "ㇰ", "㋐", "㌔", "ゝ"], ["한국", "한글", "가", "각", "ㄱ", "ᄀ", "㉠", "ﾡ", "하나"], ["中国", "中國", "漢字", "汉字", "一", "丁", "丽", "龜", "㊥", "⼀", "日本"],
  ["हिन्दी", "हिंदी", "कि", "क़", "क", "तमिழ்", "தமிழ்", "বাংলা", "মো", "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "ગુજરાતી", "ਪੰਜਾਬੀ", "සිංහල"],
  ["“a”", "\"a\"", "„a‟", "‘a’", "'a'", "«a»", "a—b", "a–b", "a-b", "a‑b", "a…", "a...", "•", "·", "¿a", "a b", "a\u00a0b", "a\u2009b", "a\u3000b"], ["✓", "✔", "★", "→", "⇒", "─", "│", "█", "€", "£", "₿", "¥", "￥", "∑", "≤", "½", "1⁄2", "1/2", "²", "2", "x²", "x2", "₂", "№", "No", "™", "TM", "Ⅳ", "IV", "①", "1", "Å", "℃"],
  ["😀", "😁", "👍🏽", "👍", "👩‍💻", "👩💻", "🇸🇪", "🇳🇴", "❤️", "❤", "☃", "🅰", "🆗"], ["a\u200bb", "ab", "a\u00adb", "\u202aab\u202c", "ab\ufe0f", "Ａｂ", "ａb", "ab\u2060"], ["ไทย", "ລາວ", "ខ្មែរ", "\ud800", "\ue000", "㐀", "𠀀"],
];
const COLLATED = [undefined, undefined, undefined, "en", "de", "fr", "fr-CA", "it", "pt", "nl", "es", "sv", "fi", "da", "nb", "pl", "cs", "tr", "ja", "zh", "ko"];

export function* rows(count, seed = 1) {
  const next = random(seed);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const maybe = (chance, value) => (next() < chance ? value() : undefined);
  const options = (given) => {
    const known = Object.entries(given).filter(([, value]) => value !== undefined);
    return known.length === 0 && next() < 0.7 ? undefined : JSON.stringify(Object.fromEntries(known));
  };
  const call = (locale, given) => {
    const text = given === undefined ? "" : `, ${given}`;
    return locale === undefined ? (text === "" ? "" : `undefined${text}`) : `${JSON.stringify(locale)}${text}`;
  };
  const number = () => (next() < 0.6 ? pick(NUMBERS) : String(Number(((next() - 0.3) * 10 ** Math.floor(next() * 9)).toFixed(Math.floor(next() * 6)))));
  const date = () => `new Date(${Math.floor((next() * 130 - 60) * 365.25 * 864e5)})`;
  const numberOptions = () => {
    const style = pick([undefined, undefined, "decimal", "percent", "currency", "currency", "currency", "unit"]);
    const low = maybe(0.25, () => Math.floor(next() * 5));
    const significant = next() < 0.12;
    return options({
      style, currency: style === "currency" || next() < 0.05 ? (next() < 0.03 ? undefined : pick(CURRENCIES)) : undefined,
      currencyDisplay: maybe(0.2, () => pick(["symbol", "narrowSymbol", "code", "name"])), currencySign: maybe(0.15, () => pick(["standard", "accounting"])),
      unit: style === "unit" ? pick(["kilometer", "byte", "celsius"]) : undefined,
      minimumFractionDigits: significant ? undefined : low, maximumFractionDigits: significant ? undefined : maybe(0.3, () => (low ?? 0) + Math.floor(next() * 4)),
      minimumSignificantDigits: significant ? maybe(0.5, () => 1 + Math.floor(next() * 3)) : undefined, maximumSignificantDigits: significant ? 3 + Math.floor(next() * 4) : undefined,
      minimumIntegerDigits: maybe(0.08, () => 1 + Math.floor(next() * 6)), useGrouping: maybe(0.15, () => pick([true, false, "always", "auto", "min2"])),
      signDisplay: maybe(0.15, () => pick(["auto", "always", "never", "exceptZero", "negative"])), notation: maybe(0.1, () => pick(["compact", "compact", "standard", "scientific"])),
      compactDisplay: maybe(0.05, () => pick(["short", "long"])), trailingZeroDisplay: maybe(0.08, () => pick(["auto", "stripIfInteger"])),
      roundingMode: maybe(0.12, () => pick(["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"])), nonsense: maybe(0.02, () => 1),
      numberingSystem: maybe(0.03, () => pick(["latn", "arab"])),
    });
  };
  const zone = () => maybe(0.3, () => pick(["UTC", "UTC", "Etc/UTC", "GMT", "America/New_York", "Asia/Tokyo", "Etc/GMT-5", "Etc/GMT+3", "Europe/Stockholm", "Nowhere/Land"]));
  const dateOptions = () => {
    if (next() < 0.3) {
      return options({ dateStyle: maybe(0.75, () => pick(["full", "long", "medium", "short"])), timeStyle: maybe(0.5, () => pick(["full", "long", "medium", "short"])), timeZone: zone(), hour12: maybe(0.2, () => next() < 0.5) });
    }
    const time = next() < 0.45;
    return options({
      weekday: maybe(0.3, () => pick(["short", "long", "narrow"])), year: maybe(0.6, () => pick(["numeric", "numeric", "2-digit"])), month: maybe(0.65, () => pick(["numeric", "2-digit", "short", "long", "narrow"])),
      day: maybe(0.6, () => pick(["numeric", "2-digit"])), hour: time ? maybe(0.85, () => pick(["numeric", "2-digit"])) : undefined, minute: time ? maybe(0.85, () => pick(["numeric", "2-digit"])) : undefined,
      second: time ? maybe(0.5, () => pick(["numeric", "2-digit"])) : undefined, fractionalSecondDigits: time ? maybe(0.08, () => 1 + Math.floor(next() * 3)) : undefined, hour12: maybe(0.15, () => next() < 0.5),
      hourCycle: maybe(0.1, () => pick(["h11", "h12", "h23", "h24"])), timeZone: zone(), timeZoneName: maybe(0.08, () => pick(["short", "long", "shortOffset"])), era: maybe(0.02, () => "short"),
      dayPeriod: maybe(0.02, () => "short"), calendar: maybe(0.02, () => "buddhist"),
    });
  };
  const collation = () => options({ numeric: maybe(0.4, () => next() < 0.7), sensitivity: maybe(0.6, () => pick(["base", "accent", "case", "variant"])) });
  // Often of one list, so that the first difference is a small one.
  let list = SCRIPTS[0];
  const words = (from) => {
    if (from !== undefined || next() < 0.3) list = from ?? pick(SCRIPTS);
    return Array.from({ length: 1 + Math.floor(next() * 2) }, () => pick(next() < 0.85 ? list : pick(SCRIPTS))).join(pick(["", " ", ""]));
  };
  const kinds = {
    number: () => { const n = number(); return `(${n}).toLocaleString(${call(pick(LOCALES), n.startsWith("'") ? undefined : numberOptions())})`; },
    format: () => `new Intl.NumberFormat(${call(pick(LOCALES), numberOptions())}).format(${number()})`,
    parts: () => `JSON.stringify(new Intl.NumberFormat(${call(pick(LOCALES), numberOptions())}).formatToParts(${number()}))`,
    date: () => `${date()}.${pick(["toLocaleString", "toLocaleDateString", "toLocaleTimeString"])}(${call(pick(LOCALES), dateOptions())})`,
    dateFormat: () => `Intl.DateTimeFormat(${call(pick(LOCALES), dateOptions())}).format(${date()})`,
    dateParts: () => `JSON.stringify(new Intl.DateTimeFormat(${call(pick(LOCALES), dateOptions())}).formatToParts(${date()}))`,
    plural: () => `new Intl.PluralRules(${call(pick(LOCALES), options({ type: maybe(0.4, () => pick(["cardinal", "ordinal"])), minimumFractionDigits: maybe(0.1, () => 1) }))}).select(${pick(["0", "1", "2", "3", "4", "5", "8", "11", "12", "13", "21", "22", "23", "80", "100", "101", "111", "112", "800", "1.0", "1.5", "0.5", "1000000", "2000000", "-1", "NaN"])})`,
    list: () => `new Intl.ListFormat(${call(pick(LOCALES), options({ type: maybe(0.5, () => pick(["conjunction", "disjunction", "unit"])), style: maybe(0.4, () => pick(["long", "short", "narrow"])) }))}).format(${JSON.stringify(["Ann", "Bo", "Cy", "Igor"].slice(0, Math.floor(next() * 5)))})`,
    relative: () => `new Intl.RelativeTimeFormat(${call(pick(["en", "en-US", undefined, "de", "en-GB"]), options({ numeric: maybe(0.5, () => pick(["auto", "always"])), style: maybe(0.1, () => pick(["long", "short"])) }))}).format(${pick(["-1", "0", "1", "2", "-3", "1.5", "-0", "1000"])}, ${JSON.stringify(pick(["day", "days", "hour", "week", "month", "quarter", "year", "second", "minute"]))})`,
    compare: () => `Math.sign(${JSON.stringify(pick(TEXTS))}.localeCompare(${JSON.stringify(pick(TEXTS))}${next() < 0.6 ? "" : `, ${call(pick(LOCALES), options({ numeric: maybe(0.5, () => next() < 0.7), sensitivity: maybe(0.4, () => pick(["base", "accent", "case", "variant"])) })) || "undefined"}`}))`,
    sort: () => `${JSON.stringify(Array.from({ length: 6 }, () => pick(TEXTS)))}.sort(new Intl.Collator(${call(pick(LOCALES), options({ numeric: maybe(0.4, () => true), sensitivity: maybe(0.2, () => pick(["base", "accent"])) }))}).compare).join("|")`,
    collate: () => `Math.sign(new Intl.Collator(${call(pick(COLLATED), collation())}).compare(${JSON.stringify(words())}, ${JSON.stringify(words())}))`,
    sortWords: () => `${JSON.stringify(Array.from({ length: 7 }, () => words(pick(SCRIPTS))))}.sort(new Intl.Collator(${call(pick(COLLATED), collation())}).compare).join("|")`,
    resolved: () => `JSON.stringify(new Intl.NumberFormat(${call(pick(LOCALES), numberOptions())}).resolvedOptions(), Object.keys(new Intl.NumberFormat().resolvedOptions()).concat("currency", "currencyDisplay", "currencySign").sort())`,
    case: () => `${JSON.stringify(pick(["straße", "İI", "ﬁ", "éa"]))}.${pick(["toLocaleUpperCase", "toLocaleLowerCase"])}(${call(pick(LOCALES))})`,
    array: () => `[${number()}, ${date()}, null, "x", [1234.5]].toLocaleString(${call(pick(LOCALES))})`,
    misuse: () => pick(["new Intl.NumberFormat('en_US')", "new Intl.NumberFormat('en', { style: 'nope' })", "new Intl.NumberFormat('en', { maximumFractionDigits: 101 })", "new Intl.DateTimeFormat('en', { month: 'nope' })", "new Intl.NumberFormat('en', { minimumFractionDigits: 3, maximumFractionDigits: 1 })", "Intl.PluralRules()", "new Intl.DateTimeFormat('en', { dateStyle: 'short', year: 'numeric' })", "new Date(0).toLocaleDateString('en', { timeStyle: 'short' })", "new Intl.NumberFormat('en', null)", "new Intl.DateTimeFormat().format(NaN)", "new Date(NaN).toLocaleString()", "(5).toLocaleString(null)", "Intl.NumberFormat('en').format(1n)", "typeof new Intl.NumberFormat().format", "[3,1,2].map(new Intl.NumberFormat('en', {style:'percent'}).format).join()", "Object.prototype.toString.call(new Intl.Collator())", "Intl.NumberFormat.supportedLocalesOf(['en-US', 'de']).join()"]),
  };
  const weights = { number: 14, format: 10, parts: 6, date: 18, dateFormat: 10, dateParts: 6, plural: 4, list: 4, relative: 3, compare: 8, sort: 5, collate: 14, sortWords: 6, resolved: 3, case: 1, array: 2, misuse: 2 };
  const names = Object.entries(weights).flatMap(([name, weight]) => Array(weight).fill(name));
  for (let i = 0; i < count; i++) yield kinds[pick(names)]();
}

/** What a row gives: text, or the error. */
export const answer = (action) => {
  try {
    return { value: String(action()) };
  } catch (error) {
    return { error: `${error.name}: ${error.message}` };
  }
};

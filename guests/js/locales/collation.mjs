// Finds how CLDR's root orders text, by asking Node's own Intl.Collator: `collation()` is what `prelude/late/locale.js` compares with.
//
// A character has collation elements: a letter (primary), a mark (secondary) and a form (tertiary, such as upper case or fullwidth). Those with a
// letter of their own are listed in order, as are marks. All others are another text in some form: lower case, the compatibility decomposition, or
// what `alias` says. Whatever the collator does not confirm is left out, so that the engine refuses it.

const collators = {};
for (const sensitivity of ["base", "accent", "case", "variant"]) collators[sensitivity] = new Intl.Collator("en", { sensitivity }).compare;
const { base, accent, variant } = collators;
/** From the end of the text, which tells a mark of the letter itself from one after it. */
const backwards = new Intl.Collator("fr-CA", { sensitivity: "accent" }).compare;
const code = (character) => character.codePointAt(0);
const isHan = (character) => /\p{Unified_Ideograph}/u.test(character);

/** Scripts without reordered vowels, and of use. */
const SCRIPTS = [
  "Common", "Inherited", "Latin", "Greek", "Cyrillic", "Armenian", "Georgian", "Hebrew", "Arabic", "Hiragana", "Katakana", "Bopomofo", "Hangul", "Devanagari", "Bengali", "Gurmukhi",
  "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Ethiopic", "Braille",
];
const WANTED = new RegExp(`[${SCRIPTS.map((name) => `\\p{Script=${name}}`).join("")}]`, "u");
/** Numbers of old scripts, musical notation, presentation forms of vowel signs, and special code points. */
const RARE = [
  [0x10100, 0x1018f], [0x101a0, 0x103ff], [0x10d40, 0x10fff], [0x111e0, 0x111ff], [0x11fc0, 0x11fff], [0x16fe0, 0x16fff], [0x1b000, 0x1b2ff], [0x1bc00, 0x1d0ff], [0x1d100, 0x1d3ff],
  [0x1df00, 0x1dfff], [0x1e000, 0x1edff], [0xfbb2, 0xfbd2], [0xfc00, 0xfdef], [0xfdfd, 0xfdff], [0xfe20, 0xfe2f], [0xfe70, 0xfe7f], [0x1780, 0x17ff], [0xfff9, 0xffff], [0x1800, 0x180a],
];

const characters = [];
for (let at = 0; at < 0x20000; at++) {
  if ((at >= 0xd800 && at < 0xf900) || (at >= 0xac00 && at < 0xd7a4) || RARE.some(([first, last]) => at >= first && at <= last)) continue;
  const character = String.fromCodePoint(at);
  if (!/\p{Cn}/u.test(character) && !isHan(character) && WANTED.test(character)) characters.push(character);
}

/** The forms, numbered as in the UCA; each is tried. */
const FORMS = [4, 5, 6, 3, 0x12, 0xf, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1e, 0xe, 0x11, 0xd, 8, 2];
const UPPER = { 2: 8, 3: 9, 4: 0xa, 5: 0xb, 6: 0xc, 0x14: 0x1d, 0x1c: 0x1d };
/** The form of something of this form that is written in a form: the same function as in `prelude/late/locale.js`. */
const formIn = (form, inner) => {
  if (form === 8) return UPPER[inner] ?? inner;
  if (inner === 8) return UPPER[form] ?? form;
  if (inner < 0xd || inner > 0x11) return form;
  return { 6: 0x13, 0x12: inner === 0xf ? 0x10 : 0x12 }[form] ?? form;
};
const isUpper = (form) => (form >= 8 && form <= 0xc) || form === 0xe || (form >= 0x11 && form <= 0x13) || form === 0x1d;

/** The first characters of Han in their order, which is by radical and strokes: nearly that of the code points. */
const HAN_END = 0x9fa6;
const HAN = Array.from({ length: HAN_END - 0x4e00 }, (_, i) => String.fromCharCode(0x4e00 + i)).sort(base);
/** Those that are not where their code point is: how much greater the one before is than the last such, and how much greater they are than that. */
const moved = () => {
  // The longest ascending row stays.
  const [ends, before] = [[], []];
  HAN.forEach((character, i) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (HAN[ends[middle]] < character) low = middle + 1;
      else high = middle;
    }
    before[i] = ends[low - 1];
    ends[low] = i;
  });
  const kept = new Set();
  for (let i = ends.at(-1); i !== undefined; i = before[i]) kept.add(i);
  let [text, last, place] = ["", 0x4e00, 0x4e00];
  HAN.forEach((character, i) => {
    if (kept.has(i)) place = code(character);
    else {
      text += number(place - last) + number(code(character) - place);
      last = place;
    }
  });
  return text;
};

const isSign = (character) => character === "^" || character === "%";
/** Greater than all marks. */
const BEYOND = 1000;

class Table {
  order = [];
  marks = [];
  ignored = [];
  forms = new Map();
  alias = new Map();
  elements = new Map();
  left = [];

  constructor() {
    this.#find();
    this.#explain();
  }

  #find() {
    const composed = (character) => character.normalize("NFD") !== character;
    const single = [];
    for (const character of characters) {
      if (composed(character)) {
        // A grapheme joiner keeps a base and its marks from being one letter.
        if ([...character.normalize("NFD")].length > 1 && variant(character, [...character.normalize("NFD")].join("\u034f")) !== 0) single.push(character);
      } else if (variant(character, "") === 0) this.ignored.push(character);
      else if (base(character, "") === 0) {
        if (character.normalize("NFKD") === character) this.marks.push(character);
      } else if (![...character.normalize("NFKD")].some(isHan)) single.push(character);
    }
    const sort = (list, compare) => list.sort((a, b) => compare(a, b) || code(a) - code(b));
    sort(this.marks, variant);
    sort(single, variant);
    this.others = [];
    let last;
    for (const character of single) {
      // What is less than a letter with the greatest one after it begins with that letter.
      if (last !== undefined && (base(character, last) === 0 || base(character, `${last}\uffff`) < 0)) this.others.push(character);
      else this.order.push((last = character));
    }
    this.places = [];
    for (const mark of this.marks) if (this.places.length === 0 || accent(this.places.at(-1), mark) !== 0) this.places.push(mark);
    // Of marks that differ in their form alone, the first is kept.
    this.marks = this.marks.filter((mark) => this.places.some((place) => variant(place, mark) === 0));
    this.order.forEach((character, i) => this.elements.set(character, [[i + 1, 1, 2]]));
    for (const mark of this.marks) this.elements.set(mark, [[0, 2 + this.places.findIndex((place) => accent(place, mark) === 0), 2]]);
    for (const character of this.ignored) this.elements.set(character, []);
  }

  /** The letters that a character stands for. */
  #letters(character) {
    let before = "";
    while (base(character, before) !== 0) {
      let [low, high] = [0, this.order.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (base(before + this.order[middle], character) <= 0) low = middle + 1;
        else high = middle;
      }
      if (low === 0 || base(character, `${before}${this.order[low - 1]}\uffff`) > 0 || before.length > 40) return undefined;
      before += this.order[low - 1];
    }
    return [...before];
  }

  /** The same with the marks that make it equal but for its form; `^` is a mark of the letter's own, `%` one after it that is beyond all. */
  #text(character, rank) {
    const parts = this.#letters(character);
    if (parts === undefined) return undefined;
    for (let at = 0; at < parts.length; at++) {
      const whole = (more) => parts.map((part, i) => (i === at ? part + more : part)).join("");
      for (let tries = 0; tries < 4 && accent(character, parts.join("")) !== 0 && accent(character, whole(this.places[0])) >= 0; tries++) {
        if (accent(character, whole(this.places.at(-1))) > 0) {
          const sign = backwards(character, whole(this.places.at(-1))) > 0 ? "%" : "^";
          parts[at] += sign.repeat(rank(sign + parts.join("")));
          return parts.join("");
        }
        parts[at] += this.places.findLast((place) => accent(character, whole(place)) >= 0);
      }
    }
    return accent(character, parts.join("")) === 0 ? parts.join("") : undefined;
  }

  elementsOf(text) {
    const list = [];
    for (let i = 0; i < text.length; i++) {
      if (isSign(text[i]) && i > 0) {
        const sign = text[i];
        let rank = 0;
        while (text[i] === sign) rank++, i++;
        if (sign === "%") list.push([0, BEYOND + rank, 2]);
        else {
          const [letter, mark, form] = list.pop();
          if (letter === 0 || mark !== 1) return undefined;
          list.push([letter, 1.5 + rank / 100, form]);
        }
        i--;
        continue;
      }
      const character = String.fromCodePoint(text.codePointAt(i));
      const found = this.elements.get(character) ?? (isHan(character) && code(character) < HAN_END ? [[1e6 + HAN.indexOf(character), 1, 2]] : undefined) ?? (character.normalize("NFD") === character ? undefined : this.elementsOf(character.normalize("NFD")));
      if (found === undefined) return undefined;
      list.push(...found);
      i += character.length - 1;
    }
    return list;
  }

  #explain() {
    const groups = new Map();
    const group = (elements) => {
      const key = elements.map(([letter, mark]) => `${letter} ${mark}`).join();
      if (!groups.has(key)) groups.set(key, []);
      return groups.get(key);
    };
    for (const [character, elements] of this.elements) if (elements.length > 0) group(elements).push({ text: character, elements });
    const ranks = new Map();
    const rank = (character) => (key) => {
      const list = ranks.get(key) ?? [];
      ranks.set(key, list);
      const found = list.findIndex((other) => accent(other, character) >= 0);
      if (found >= 0 && accent(list[found], character) === 0) return found + 1;
      if (found >= 0) throw new Error(`${character} comes too late`);
      return list.push(character);
    };
    let last = { form: 4, at: 0 };
    const settle = (character, text, forms) => {
      const inner = this.elementsOf(text);
      if (inner === undefined || inner.length === 0) return false;
      const members = group(inner);
      // Others of the first letter stand for what the rest could be, too.
      const rest = inner.length > 1 && [...text].length > 1 && ![...text].some((one, i) => i > 0 && isSign(one)) ? [...text].slice(1).join("") : undefined;
      const tests = [...members, ...(rest === undefined || inner[0][0] === 0 ? [] : group(inner.slice(0, 1)).map(({ text: one, elements }) => ({ text: one + rest, elements: [...elements, ...inner.slice(1)] })))];
      if (inner.some(([letter]) => letter > 0)) {
        const letters = [...text].filter((one, i) => (i === 0 || !isSign(one)) && base(one, "") !== 0).join("");
        tests.push({ text: letters, elements: this.elementsOf(letters), only: "case" });
      }
      const wanted = tests.map((test) => [variant(character, test.text), base(character, test.text) === 0 ? collators.case(character, test.text) : 0]);
      for (const form of forms) {
        const elements = inner.map(([letter, mark, own]) => [letter, mark, formIn(form, own)]);
        if (!tests.every((test, i) => (test.only === "case" || compareForms(elements, test.elements) === Math.sign(wanted[i][0])) && compareCases(elements, test.elements) === Math.sign(wanted[i][1]))) continue;
        this.elements.set(character, elements);
        members.push({ text: character, elements });
        return form;
      }
      return false;
    };
    const hiragana = (character) => /[\u3041-\u3096]/.test(character);
    // Letters of their own that are as capitals are: hiragana that is not small.
    for (const character of this.order) {
      if (!hiragana(character) || /[ぁぃぅぇぉっゃゅょゎゕゖ]/.test(character)) continue;
      this.alias.set(character, [0xe, character]);
      this.elements.get(character)[0][2] = 0xe;
    }
    const rest = [...this.others, ...characters.filter((character) => !this.elements.has(character) && !this.others.includes(character) && character.normalize("NFD") === character && character.normalize("NFKD") !== character)];
    const isCapital = (character) => character.toLowerCase() !== character && [...character.toLowerCase()].length === 1;
    // The likeliest first: those that others are compared with.
    const likely = [
      ["\uff01", "\uff5e", 3], ["\u24b6", "\u24e9", 6], ["\u2460", "\u2468", 6], ["\u{1d400}", "\u{1d433}", 5], ["\u{1d7ce}", "\u{1d7d7}", 5], ["\uff66", "\uff9d", 0x12],
      ["\u1d2c", "\u1d2c", 0x14], ["\u02b0", "\u02b8", 0x14], ["\u2070", "\u2079", 0x14], ["\u2080", "\u2089", 0x15], ["\u2090", "\u209c", 0x15], ["\u{1f130}", "\u{1f149}", 0x1c],
    ];
    const hint = (character) => likely.find(([first, end]) => code(character) >= code(first) && code(character) <= code(end))?.[2];
    const stage = (character) => {
      const lower = character.toLowerCase();
      if (isCapital(character) && character.normalize("NFKD") === character && this.elements.has(lower)) return 0;
      if (/[\u3041-\u3096\u30a1-\u30fa]/.test(character)) return 0;
      return hint(character) !== undefined ? 1 : isCapital(character) ? 3 : 2;
    };
    for (const now of [0, 1, 2, 3]) {
      for (const character of rest) {
        if (this.elements.has(character) || stage(character) !== now) continue;
        const lower = character.toLowerCase();
        const kompat = character.normalize("NFKC");
        if (isCapital(character) && kompat === character && this.elements.has(lower) && settle(character, lower, [8]) !== false) {
          if (character.normalize("NFD") !== character) this.alias.set(character, [8, lower]);
          continue;
        }
        const before = Math.abs(code(character) - last.at) < 8 ? [last.form] : [];
        const forms = [...new Set([hint(character) ?? (before[0] ?? FORMS[0]), ...FORMS])];
        const fits = kompat !== character && this.elementsOf(kompat) !== undefined && accent(kompat, character) === 0;
        let form = fits ? settle(character, kompat, forms) : false;
        if (form !== false) {
          this.forms.set(character, form);
          last = { form, at: code(character) };
          continue;
        }
        const text = this.#text(character, rank(character));
        const capital = text?.toUpperCase();
        for (const target of [text, capital]) {
          if (target === undefined || form !== false || /[ =+]/.test(target)) continue;
          form = settle(character, target, /[\u30a1-\u30fa\u31f0-\u31ff]/.test(character) ? [0x11, 0xf] : hiragana(character) ? [0xe] : forms);
          if (form !== false) this.alias.set(character, [form, target]);
        }
        if (form === false) this.left.push(character);
      }
    }
    for (const character of this.order) {
      if (character.normalize("NFKD") !== character || (isCapital(character) && this.elements.has(character.toLowerCase()))) this.alias.set(character, [2, character]);
    }
    for (const character of this.left) if (isCapital(character) && character.normalize("NFKD") === character) throw new Error(`the engine takes ${character} as a capital`);
  }

  /** Text for the engine. */
  write() {
    const known = (character) => this.elements.has(character);
    // Places that a run may pass over: what is found in another way, or is no character.
    const passed = (at) => {
      const character = String.fromCodePoint(at);
      if (/\p{Cn}/u.test(character)) return true;
      if (character.normalize("NFD") !== character) return false;
      if (this.alias.get(character)?.[1] === character) return false;
      return this.alias.has(character) || this.forms.has(character) || (known(character) && character.toLowerCase() !== character && !this.order.includes(character) && !this.ignored.includes(character));
    };
    const runs = (list, skip, equal = () => false) => {
      let text = "";
      let after = 0;
      for (let i = 0; i < list.length; ) {
        const first = code(list[i]);
        const same = equal(i);
        let end = first + 1;
        for (i++; i < list.length && equal(i) === same; i++) {
          let next = end;
          while (next < code(list[i]) && next - end < 40 && skip(next)) next++;
          if (next !== code(list[i])) break;
          end = next + 1;
        }
        text += `${same ? "=" : ""}${number(first - after)}${end - first > 1 ? end - first : ""}`;
        after = end;
      }
      return text;
    };
    const forms = {};
    for (const form of FORMS) {
      const list = [...this.forms].filter(([, value]) => value === form).map(([character]) => character).sort((a, b) => code(a) - code(b));
      // A form is asked of compatibility characters alone, so that all else may lie between.
      const skip = (at) => {
        const character = String.fromCodePoint(at);
        return character.normalize("NFKD") === character.normalize("NFD") || this.alias.has(character);
      };
      if (list.length > 0) forms[form] = runs(list, skip);
    }
    const byForm = {};
    for (const [character, [form, text]] of [...this.alias].sort(([a], [b]) => code(a) - code(b))) (byForm[form] ??= []).push([character, text]);
    const alias = {};
    for (const [form, list] of Object.entries(byForm)) {
      const words = [];
      for (let i = 0; i < list.length; i++) {
        const [character, text] = list[i];
        const next = i > 0 && code(list[i - 1][0]) + 1 === code(character);
        let length = 1;
        while (i + length < list.length && [...text].length === 1 && [...list[i + length][1]].length === 1 && code(list[i + length][0]) === code(character) + length && code(list[i + length][1]) === code(text) + length) length++;
        const more = length > 2 ? length : 1;
        words.push(`${next ? "" : character}${text === character ? "" : `=${text}`}${more > 1 ? `+${more}` : ""}`);
        i += more - 1;
      }
      alias[form] = words.join(" ");
    }
    this.ignored.sort((a, b) => code(a) - code(b));
    return { order: runs(this.order, passed), marks: runs(this.marks, () => false, (i) => i > 0 && accent(this.marks[i - 1], this.marks[i]) === 0), ignored: runs(this.ignored, (at) => /\p{Cn}/u.test(String.fromCodePoint(at))), forms, alias, han: moved() };
  }
}

/** A whole number in base 26, its sign in the last bit; the last digit is a small letter. */
const number = (value) => {
  let left = value < 0 ? -value * 2 - 1 : value * 2;
  let text = String.fromCharCode(97 + (left % 26));
  for (left = Math.floor(left / 26); left > 0; left = Math.floor(left / 26)) text = String.fromCharCode(65 + (left % 26)) + text;
  return text;
};
const compareLists = (a, b) => {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return Math.sign(a.length - b.length);
};
const compareForms = (a, b) => compareLists(a.map(([, , form]) => form), b.map(([, , form]) => form));
const cases = (list) => list.filter(([letter]) => letter > 0).map(([, , form]) => (isUpper(form) ? 1 : 0));
const compareCases = (a, b) => compareLists(cases(a), cases(b));

export const collation = () => {
  const table = new Table();
  return { ...table.write(), known: table };
};

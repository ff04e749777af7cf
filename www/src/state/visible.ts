// Text that a guest wrote, made safe to look at: what has no shape of its own, or turns other text around, gets a name.

export interface Piece {
  readonly text: string;
  /** Whether this stands for a character that cannot be seen. */
  readonly marked: boolean;
}

// By Unicode's own tables, as in Rust: controls, formats (directions, tags, zero width), line and paragraph separators, private
// use, what is no character, spaces other than the usual one, everything that is ignored where it is not known (fillers,
// variation selectors), and the braille letter without a dot. Lone surrogates exist in JavaScript alone.
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Surrogate}\u2800]|(?! )\p{Zs}/gu;

const NAMES: Readonly<Record<string, string>> = { "\n": "\u23ce", "\r": "\u240d", "\t": "\u21e5", "\u001b": "ESC" };

/** Splits a text into what can be shown as it is and names of the rest; `lines` keeps line breaks and tabs. */
export function visible(text: string, lines = false): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    const found = match[0];
    if (lines && (found === "\n" || found === "\t")) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), marked: false });
    const name = NAMES[found] ?? `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    pieces.push({ text: name, marked: true });
    from = match.index + found.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), marked: false });
  return pieces;
}

/** The same as one string, for names of files and the like. */
export function shown(text: string): string {
  return visible(text).map((piece) => (piece.marked ? `[${piece.text}]` : piece.text)).join("");
}

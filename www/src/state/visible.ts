// Text that a guest wrote, made safe to look at: what has no shape of its own, or turns other text around, gets a name.

export interface Piece {
  readonly text: string;
  /** Whether this stands for a character that cannot be seen. */
  readonly marked: boolean;
}

// Controls; soft hyphen; Arabic letter mark; Mongolian and Hangul fillers; zero width, directions and invisible
// operators; byte order mark; interlinear marks; tags; variation selectors of plane 14; lone surrogates.
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu;

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

export const tool = {
  name: "redact",
  description: "Replaces personal data (e-mail addresses, phone numbers, card numbers, IPv4 addresses) by placeholders.",
};

interface Input {
  text: string;
  /** Kinds of data to leave as they are. */
  keep?: ("email" | "phone" | "card" | "ip")[];
}
interface Output {
  text: string;
  found: Record<string, number>;
}

/** The Luhn check: card numbers have it, most other numbers do not. */
function isCard(digits: string): boolean {
  let sum = 0;
  [...digits].reverse().forEach((digit, i) => {
    const n = Number(digit) * (i % 2 ? 2 : 1);
    sum += n > 9 ? n - 9 : n;
  });
  return sum % 10 === 0;
}

const rules: { kind: string; pattern: RegExp; test?: (match: string) => boolean }[] = [
  { kind: "email", pattern: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g },
  { kind: "card", pattern: /\b\d(?:[ -]?\d){12,18}\b/g, test: (m) => isCard(m.replace(/\D/g, "")) },
  { kind: "ip", pattern: /\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b/g },
  { kind: "phone", pattern: /(?<![\w.])\+?\d[\d\s().-]{7,}\d(?![\w.])/g },
];

export default function run({ text, keep = [] }: Input): Output {
  const found: Record<string, number> = {};
  for (const { kind, pattern, test } of rules) {
    if ((keep as string[]).includes(kind)) continue;
    text = text.replace(pattern, (match) => {
      if (test && !test(match)) return match;
      found[kind] = (found[kind] ?? 0) + 1;
      return `[${kind}]`;
    });
  }
  return { text, found };
}

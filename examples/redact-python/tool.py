"""Replaces personal data (e-mail addresses, phone numbers, card numbers, IPv4 addresses) by placeholders."""

import re
from enum import StrEnum
from typing import TypedDict


class Kind(StrEnum):
    EMAIL = "email"
    CARD = "card"
    IP = "ip"
    PHONE = "phone"


class Redacted(TypedDict):
    text: str
    found: dict[str, int]


PART = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
PATTERNS = {
    Kind.EMAIL: r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    Kind.CARD: r"\b\d(?:[ -]?\d){12,18}\b",
    Kind.IP: rf"\b(?:{PART}\.){{3}}{PART}\b",
    Kind.PHONE: r"(?<![\w.])\+?\d[\d\s().-]{7,}\d(?![\w.])",
}


def is_card(text: str) -> bool:
    """The Luhn check: card numbers have it, most other numbers do not."""
    digits = [int(digit) for digit in reversed(re.sub(r"\D", "", text))]
    doubled = [digit if index % 2 == 0 else sum(divmod(2 * digit, 10)) for index, digit in enumerate(digits)]
    return sum(doubled) % 10 == 0


def run(text: str, keep: list[Kind] = []) -> Redacted:
    """Replaces personal data by placeholders.

    Args:
        keep: Kinds of data to leave as they are.
    """
    found: dict[str, int] = {}

    def redact(match: re.Match[str], kind: Kind) -> str:
        if kind is Kind.CARD and not is_card(match[0]):
            return match[0]
        found[kind] = found.get(kind, 0) + 1
        return f"[{kind}]"

    for kind, pattern in PATTERNS.items():
        if kind not in keep:
            text = re.sub(pattern, lambda match: redact(match, kind), text)
    return {"text": text, "found": found}

"""Counts the words of a text and lists the most frequent ones."""

import re
from collections import Counter
from dataclasses import dataclass


@dataclass
class Ranked:
    word: str
    count: int


@dataclass
class Counted:
    words: int
    top: list[Ranked]


def run(text: str, top: int = 5) -> Counted:
    """Counts the words of a text and lists the most frequent ones.

    Args:
        top: How many of them.
    """
    words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower())
    ranked = sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))
    return Counted(len(words), [Ranked(word, count) for word, count in ranked[:top]])

import dataclasses
import datetime
import decimal
import enum
import pathlib
import uuid
from collections import Counter, deque
from typing import NamedTuple


@dataclasses.dataclass
class Point:
    x: int
    when: datetime.date


class Colour(enum.Enum):
    RED = "red"


class Pair(NamedTuple):
    a: int
    b: int


def run(input):
    return {
        "dataclass": [Point(1, datetime.date(2020, 1, 2))],
        "enum": Colour.RED,
        "decimal": decimal.Decimal("1.10"),
        "set": {3, 1, 2},
        "tuple": (1, Pair(2, 3)),
        "uuid": uuid.UUID(int=5),
        "duration": datetime.timedelta(minutes=2),
        "moment": datetime.datetime(2020, 1, 2, 3, 4, tzinfo=datetime.UTC),
        "path": pathlib.Path("/a/b"),
        "counter": Counter("aab"),
        "deque": deque([1]),
        "keys": {1: None, True: 2, None: 3},
        "half a character": "a\ud800b",
    }

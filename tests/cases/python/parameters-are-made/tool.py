import dataclasses
import datetime
import enum
from typing import Optional


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


@dataclasses.dataclass
class Item:
    name: str
    due: datetime.date
    colour: Colour = Colour.RED


def run(items: list[Item], since: Optional[datetime.datetime] = None, *, limit: int = 10):
    """Sorts items.

    Args:
        items: What is sorted.
    """
    assert all(isinstance(item, Item) for item in items)
    items.sort(key=lambda item: item.due)
    return [[item.name, item.due.year, item.colour.name] for item in items[:limit]], since.hour if since else None

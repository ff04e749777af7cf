"""The functions of `random` seed themselves when one of them is first used, and not when the module is imported, which is before the
engine's snapshot: all tools would have the same numbers."""

import random
from random import Random

_first = None


class Hidden(Random):
    """The hidden instance, as long as it has no seed."""

    def _wake(self):
        global _first
        self.__class__ = Random
        Random.seed(self)
        # Of `import random` from now on; who has a function already goes on through it.
        random.random, random.getrandbits = self.random, self.getrandbits
        _first = "itself"

    def random(self):
        if type(self) is Hidden:
            self._wake()
        return Random.random(self)

    def getrandbits(self, k):
        if type(self) is Hidden:
            self._wake()
        return Random.getrandbits(self, k)

    def getstate(self):
        if type(self) is Hidden:
            self._wake()
        return Random.getstate(self)

    def setstate(self, state):
        global _first
        self.__class__, _first = Random, "the tool"
        return Random.setstate(self, state)

    def seed(self, *args, **kwargs):
        global _first
        if type(self) is Hidden and self.__dict__:
            self.__class__, _first = Random, "the tool"
        return Random.seed(self, *args, **kwargs)


def install():
    """Makes the module's functions those of a hidden instance without a seed."""
    instance = Hidden()
    old = random._inst
    for name, value in list(vars(random).items()):
        if getattr(value, "__self__", None) is old:
            setattr(random, name, getattr(instance, name))
    random._inst = instance
    _sleep()


def _sleep():
    global _first
    random._inst.__class__, _first = Hidden, None
    random.random, random.getrandbits = random._inst.random, random._inst.getrandbits


def begin():
    """The run begins. What was seeded by itself while the program was loaded had no random numbers to seed itself with."""
    if _first == "itself":
        _sleep()

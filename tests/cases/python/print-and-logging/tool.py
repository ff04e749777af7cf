import logging
import sys
import warnings

logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(message)s")


def run(input):
    print("one", end=" ")
    print("two")
    print("to standard error", file=sys.stderr)
    logging.debug("d")
    logging.info("i %d", 1)
    logging.warning("w")
    logging.getLogger("x").error("e")
    warnings.warn("old")
    print("no end", end="")

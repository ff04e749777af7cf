import sys


def run(input):
    sys.exit("nothing to do")

import os

tool = {"name": os.getcwd()}


def run(input):
    return None

import traceback


def run(input):
    try:
        {}["a"]
    except KeyError:
        return traceback.format_exc()

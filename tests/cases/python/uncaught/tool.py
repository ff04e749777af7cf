def half(x):
    return 1 / x


def run(input):
    try:
        return {}["missing"]
    except KeyError as error:
        raise ValueError("no such thing") from error
    finally:
        half(0)

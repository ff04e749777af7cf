def round():
    made = []
    made.append(made)
    return made


def run(input):
    return {"a": [1, {"b": b"x"}]}

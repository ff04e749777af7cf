def run(input):
    return {"n": input["n"] + 1}

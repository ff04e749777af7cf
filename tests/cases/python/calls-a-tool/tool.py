import belljar


def run(input):
    first = belljar.tools.call("double", {"number": 4})
    return [first, belljar.tools.call("double", {"number": first})]

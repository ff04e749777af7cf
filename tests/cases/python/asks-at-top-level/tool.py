import belljar

kept = belljar.kv.get("a")


def run(input):
    return kept

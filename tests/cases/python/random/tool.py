import random

early = random.random()
random.seed(7)
seeded = [random.random(), random.randint(1, 1000), random.choice("abcdef")]


def run(input):
    import secrets
    import uuid

    fresh = random.Random()
    return {
        "seeded": seeded == [0.32383276483316237, 155, "d"],
        "early": early,
        "version": uuid.uuid4().version,
        "length": len(secrets.token_hex(8)),
        "other": fresh.random() != early,
    }

import belljar


def run(input):
    colour = belljar.ask("Which colour?", choices=["red", "green"])
    return [colour, belljar.ask("Sure?")]

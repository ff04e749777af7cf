def run(input):
    while True:
        pass

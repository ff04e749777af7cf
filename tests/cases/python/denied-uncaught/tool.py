def run(input):
    with open("/data/a.txt") as file:
        return file.read()

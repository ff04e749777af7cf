def main(input):
    return None

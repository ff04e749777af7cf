def run(number: int) -> int:
    return number * 2

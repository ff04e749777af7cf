def run(name: str, times: int = 2):
    return name * times

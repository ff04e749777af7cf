def run(input):
    found = []
    for name in ("numpy", "subprocess", "socket", "ssl", "multiprocessing", "sqlite3", "yaml", "ctypes", "nonsense", "http.client"):
        try:
            __import__(name)
            found.append(f"{name} is there")
        except ModuleNotFoundError as error:
            found.append(str(error))
    return found

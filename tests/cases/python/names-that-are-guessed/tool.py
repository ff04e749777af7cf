import belljar


def run(input):
    found = []
    for act in (lambda: belljar.fetch, lambda: belljar.kv.put, lambda: belljar.files.read, lambda: belljar.files.nothing):
        try:
            act()
        except AttributeError as error:
            found.append(str(error))
    return found

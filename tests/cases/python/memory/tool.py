def run(input):
    kept = []
    try:
        while True:
            kept.append(bytearray(1 << 20))
    except MemoryError:
        many = len(kept)
        kept.clear()
        return many > 8

import threading


def run(input):
    with threading.Lock():
        try:
            threading.Thread(target=print).start()
        except RuntimeError as error:
            return str(error)

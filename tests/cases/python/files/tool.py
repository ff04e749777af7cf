import glob
import os
import pathlib
import shutil

import belljar


def run(input):
    folder = pathlib.Path("/data/made")
    folder.mkdir()
    with open("/data/made/a.txt", "w") as file:
        for number in range(3):
            print("line", number, file=file)
    with open(folder / "a.txt", "a") as file:
        file.write("more\n")
    shutil.copyfile("/data/made/a.txt", "/data/made/b.txt")
    belljar.files.append("/data/made/b.txt", "end")
    found = {
        "lines": (folder / "a.txt").read_text().splitlines(),
        "listed": sorted(os.listdir(folder)),
        "globbed": sorted(glob.glob("/data/made/*.txt")),
        "walked": [[path, sorted(files)] for path, _, files in os.walk("/data")],
        "size": os.path.getsize("/data/made/b.txt"),
        "there": [os.path.exists(path) for path in ("/data/made/a.txt", "/data/none")],
        "stat": belljar.files.stat("/data/in.txt").kind,
        "part": belljar.files.read_bytes("/data/in.txt", offset=1, length=2).decode(),
    }
    with open("/data/in.txt", "rb") as file:
        file.seek(2)
        found["sought"] = file.read().decode()
    os.remove("/data/made/a.txt")
    for path in ("/etc/passwd", "/data/none"):
        try:
            open(path)
        except OSError as error:
            found[path] = type(error).__name__
    return found

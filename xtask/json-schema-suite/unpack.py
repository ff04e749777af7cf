"""Unpacks the suite out of the one archive in a folder: `unpack.py FOLDER TO`. Nothing but its JSON files and its licence
is written, below TO and nowhere else."""

import pathlib
import sys
import tarfile

folder, to = map(pathlib.Path, sys.argv[1:])
(archive,) = folder.glob("*.tar.gz")
with tarfile.open(archive) as package:
    for member in package:
        _, *parts = pathlib.PurePosixPath(member.name).parts
        wanted = parts[:2] == ["json", "tests"] and parts[-1].endswith(".json") or parts == ["json", "LICENSE"]
        if member.isfile() and wanted and ".." not in parts:
            path = to.joinpath(*parts[1:])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(package.extractfile(member).read())

"""Unpacks a source package: `unpack.py ARCHIVE SHA256 TO`. Its bytes must have that digest. Of what is in it only what is compiled,
and its licences, are written, below TO and nowhere else."""

import hashlib
import pathlib
import sys
import tarfile
import zipfile

archive, digest, to = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
found = hashlib.sha256(pathlib.Path(archive).read_bytes()).hexdigest()
if found != digest:
    sys.exit(f"{archive} has the SHA-256 {found} and not {digest}: it is damaged, or another version")

# Folders that nothing is compiled of.
LEFT = {"Android", "Doc", "Mac", "Misc", "PC", "PCbuild", "Tools", "contrib", "doc", "examples", "iOS", "test", "tests", "win32"}
KEPT = {".c", ".h", ".py", ".txt", ".inc", ""}


def write(parts, read):
    if LEFT.intersection(parts) or ".." in parts or pathlib.PurePath(parts[-1]).suffix not in KEPT:
        return
    path = to.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(read())


if archive.endswith(".whl"):
    with zipfile.ZipFile(archive) as package:
        for name in package.namelist():
            if not name.endswith("/"):
                write(pathlib.PurePosixPath(name).parts, lambda: package.read(name))
else:
    with tarfile.open(archive) as package:
        for member in package:
            _, *parts = pathlib.PurePosixPath(member.name).parts
            if member.isfile() and parts:
                write(parts, lambda: package.extractfile(member).read())

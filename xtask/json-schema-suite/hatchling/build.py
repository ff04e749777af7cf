"""Takes the place of hatchling, which builds the package: `pip download` asks for the name and version of what it
downloads. Nothing is built, so nothing of the package or of its build tools is run."""

import pathlib
import re

PACKAGE = re.search(r"^(\w+)==([\w.]+)", (pathlib.Path(__file__).parents[1] / "package.txt").read_text(), re.M)


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    name, version = PACKAGE.groups()
    info = pathlib.Path(folder, f"{name}-{version}.dist-info")
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return info.name

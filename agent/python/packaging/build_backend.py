"""A PEP 517 and 660 build backend on the standard library alone.

The package has to install where there is no network and no build tool, so the backend lies beside it.
It reads the few simple keys of pyproject.toml that it needs by itself: Python has tomllib only from 3.11.
"""

import base64
import hashlib
import io
import os
import tarfile
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EPOCH = (2020, 1, 1, 0, 0, 0)  # the time of every file, so that a build gives the same bytes twice
EPOCH_SECONDS = 1577836800


def _read(*path):
    with open(os.path.join(ROOT, *path), "rb") as file:
        return file.read()


def _project():
    """The plain strings, and lists of strings, of the [project] table."""
    found, table, key = {}, "", None
    for line in _read("pyproject.toml").decode().splitlines():
        line = line.strip()
        if key is not None:
            if line == "]":
                key = None
            else:
                found[key].append(line.strip(',"'))
        elif line.startswith("["):
            table = line
        elif table == "[project]" and " = " in line:
            name, _, value = line.partition(" = ")
            if value == "[":
                key, found[name] = name, []
            elif value.startswith('"'):
                found[name] = value.strip('"')
    return found


def _license():
    """The licence's text: beside this package in an sdist, at the top of the repository in a checkout."""
    for place in (("LICENSE",), ("..", "..", "LICENSE")):
        if os.path.isfile(os.path.join(ROOT, *place)):
            return _read(*place)
    return None


def _metadata(project):
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"License: {project['license']}",
        f"Requires-Python: {project['requires-python']}",
        *[f"Classifier: {classifier}" for classifier in project["classifiers"]],
        "Description-Content-Type: text/markdown",
        "",
        _read(project["readme"]).decode(),
    ]
    return "\n".join(lines).encode()


def _package():
    found = {}
    for folder in ("tidegate", "tidegate/steps"):
        for name in sorted(os.listdir(os.path.join(ROOT, *folder.split("/")))):
            if name.endswith(".py") or name == "py.typed":
                found[f"{folder}/{name}"] = _read(*folder.split("/"), name)
    return found


def _wheel(folder, files):
    project = _project()
    stem = f"{project['name']}-{project['version']}"
    info = f"{stem}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = _metadata(project)
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: tidegate\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if _license() is not None:
        files[f"{info}/LICENSE"] = _license()
    record = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(data)}\n")
    record.append(f"{info}/RECORD,,\n")
    files[f"{info}/RECORD"] = "".join(record).encode()
    wheel = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, wheel), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """PEP 517: write the wheel, return its name."""
    return _wheel(wheel_directory, _package())


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """PEP 660: a wheel whose only content is the way to this folder."""
    return _wheel(wheel_directory, {"__editable__.tidegate.pth": (ROOT + "\n").encode()})


def build_sdist(sdist_directory, config_settings=None):
    """PEP 517: write the source archive, return its name."""
    project = _project()
    stem = f"{project['name']}-{project['version']}"
    files = _package()
    for name in ("pyproject.toml", "README.md"):
        files[name] = _read(name)
    files["packaging/build_backend.py"] = _read("packaging", "build_backend.py")
    files["PKG-INFO"] = _metadata(project)
    if _license() is not None:
        files["LICENSE"] = _license()
    archive = f"{stem}.tar.gz"
    with tarfile.open(os.path.join(sdist_directory, archive), "w:gz", format=tarfile.PAX_FORMAT) as target:
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(f"{stem}/{name}")
            entry.size, entry.mode, entry.mtime = len(data), 0o644, EPOCH_SECONDS
            target.addfile(entry, io.BytesIO(data))
    return archive

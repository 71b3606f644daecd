"""One zip file with all that a run elsewhere needs: the resolved scenario, its region's tables and what they hash to.

`bundle.json` stands first and names every other member with its length and sha256. The zip of a run has the run's rows
and summary too: unpacked, it is the run's folder. Members are stored as they are, in the order of their names and with
one fixed time, so that the same content gives the same bytes.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sim.errors import InputError
from sim.experiment.disk import UNFINISHED, put, sealed, sha256, telling, unsealed_bytes
from sim.experiment.manifest import Manifest
from sim.experiment.store import MANIFEST, RESULTS
from sim.i18n import _
from sim.scenario.nodes import brief, spaced

SUFFIX = ".zip"
SCENARIO = "scenario.yaml"
RUN, FILE = "run", "file"
MOST_BYTES = 4_000_000_000
"""What a bundle may unpack to, in all."""
MOST_OF_MEMBER = 400_000_000
"""What one member may unpack to: it is in memory at once."""

_CONTENTS = "bundle.json"
_FORMAT = 1
_LONGEST = 10_000_000  # bytes of bundle.json
_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can state
_UNIX = 3
_PART = re.compile(r"\w[\w .,()+-]*(?<![ .])")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for itself."""


@dataclass(frozen=True)
class Bundle:
    """What a bundle says of itself.

    Attributes
    ----------
    file : Path
    kind : str
        `RUN` or `FILE`.
    manifest : dict
        That of the run, or that a run of the file would have had where the bundle was made.
    members : dict
        Length and sha256 of each member by its name.
    digest : str
        The sha256 of all this, and so of the whole content.
    """

    file: Path
    kind: str
    manifest: Manifest
    members: Mapping[str, tuple[int, str]]
    digest: str

    @property
    def folder(self) -> Path:
        """Where it is unpacked: among the results, since runs of it go on reading its tables."""
        return RESULTS / self.file.stem / f"zip-{self.digest[:8]}"


def is_bundle(source: str | Path) -> bool:
    """Say whether this is a file that goes by the name of a bundle."""
    path = Path(source)
    return path.suffix.lower() == SUFFIX and path.is_file()


def safe(name: str) -> bool:
    """Say whether a member's name is one that every system can have inside a folder, and nowhere else."""
    parts = name.split("/")
    return all(_PART.fullmatch(part) and not _DEVICES.fullmatch(part) for part in parts)


def write(out: Path, kind: str, manifest: Manifest, scenario: str, files: Mapping[str, Path]) -> None:
    """Write a bundle.

    Parameters
    ----------
    out : Path
        The zip file; one that exists is replaced, its folder is made.
    kind : str
        `RUN` or `FILE`.
    manifest : dict
        As in `Bundle`.
    scenario : str
        The resolved scenario; its region's folder is relative.
    files : mapping of str to Path
        The other members by name.

    Raises
    ------
    InputError
        If a name would not do on another system, or there is more than may be unpacked.
    RunError
        If the file cannot be written.
    """
    bad = next((name for name in files if not safe(name)), None)
    if bad is not None:
        raise InputError(_("{name}: not every system can have a file of this name, rename it").format(name=bad))
    files = dict(sorted(files.items()))
    sizes = {name: file.stat().st_size for name, file in files.items()}
    _refuse_large(out, sizes)
    members = {name: (sizes[name], sha256(file.read_bytes())) for name, file in files.items()}
    members[SCENARIO] = (len(scenario.encode()), sha256(scenario.encode()))
    contents = {"bundle": _FORMAT, "kind": kind, "manifest": manifest, "members": members}
    unfinished = out.with_name(out.name + UNFINISHED)
    with telling(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            with zipfile.ZipFile(unfinished, "w") as archive:
                archive.writestr(_info(_CONTENTS), sealed(contents))
                archive.writestr(_info(SCENARIO), scenario.encode())
                for name, file in files.items():
                    archive.writestr(_info(name), file.read_bytes())
            unfinished.replace(out)
        finally:
            unfinished.unlink(missing_ok=True)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.create_system = _UNIX  # else it depends on where the bundle is made
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


def look(file: Path) -> Bundle:
    """Read what a bundle says of itself, and check that it holds this and nothing else.

    Raises
    ------
    InputError
        If it is none, damaged, of a newer program, too large, or has a member that would not stay in its folder.
    """
    with _opened(file) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]  # zipped again, folders are members too
        if next((info.file_size for info in infos if info.filename == _CONTENTS), _LONGEST) >= _LONGEST:
            raise _not_one(file)
        content = archive.read(_CONTENTS)
        bundle = _told(file, content)
        _refuse_unsafe(file, infos)
        _refuse_large(file, {name: size for name, (size, _hash) in bundle.members.items()})
        found = Counter(info.filename for info in infos)
        found.subtract((_CONTENTS, *bundle.members))
        for name in sorted(name for name, more in found.items() if more):
            raise _damaged(file, name)
    return bundle


def unpack(bundle: Bundle) -> Path:
    """Unpack a bundle into its folder, what is there already excepted; return the folder.

    Raises
    ------
    InputError
        If a member is not what the bundle says.
    RunError
        If the folder cannot be written to.
    """
    with _opened(bundle.file) as archive:
        for name in sorted(bundle.members, key=lambda name: (name == MANIFEST, name)):  # last what makes it a run
            size, digest = bundle.members[name]
            target = bundle.folder / PurePosixPath(name)
            if target.is_file() and target.stat().st_size == size and sha256(target.read_bytes()) == digest:
                continue
            try:
                with archive.open(name) as stream:
                    content = stream.read(size + 1)
            except (zipfile.BadZipFile, zlib.error, EOFError):
                content = b""
            if (len(content), sha256(content)) != (size, digest):
                raise _damaged(bundle.file, name)
            with telling(bundle.folder):
                target.parent.mkdir(parents=True, exist_ok=True)
                put(target, content)
    return bundle.folder


def _told(file: Path, content: bytes) -> Bundle:
    """Return what bundle.json says."""
    value: dict[str, Any] | None = unsealed_bytes(content)
    if value is None:
        raise _damaged(file, _CONTENTS)
    made = value.get("bundle")
    if isinstance(made, int) and made > _FORMAT:
        message = _("{file}: this bundle was made by a newer version of auylsim: install that one")
        raise InputError(message.format(file=brief(str(file))))
    try:
        members = {name: (int(size), str(digest)) for name, (size, digest) in value["members"].items()}
        kind, manifest = value["kind"], dict(value["manifest"])
        if kind not in (RUN, FILE) or SCENARIO not in members or "inputs" not in manifest:
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise _damaged(file, _CONTENTS) from None
    return Bundle(file, kind, manifest, members, sha256(content))


def _refuse_unsafe(file: Path, infos: Iterable[zipfile.ZipInfo]) -> None:
    """Raise if a member would end up outside its folder, or is a link."""
    for info in infos:
        if not safe(info.filename) or stat.S_ISLNK(info.external_attr >> 16) or info.filename != info.orig_filename:
            message = _("{file}: {name} would not be a file inside the bundle's folder, so nothing is unpacked")
            raise InputError(message.format(file=brief(str(file)), name=brief(repr(info.orig_filename))))


def _refuse_large(file: Path, sizes: Mapping[str, int]) -> None:
    """Raise if more would be unpacked than may be."""
    total = sum(sizes.values())
    if total > MOST_BYTES or any(not 0 <= size <= MOST_OF_MEMBER for size in sizes.values()):
        message = _("{file}: unpacked it has {size} bytes; at most {most} are allowed, and {each} in one file")
        told = message.format(
            file=brief(str(file)), size=spaced(total), most=spaced(MOST_BYTES), each=spaced(MOST_OF_MEMBER)
        )
        raise InputError(told)


def _not_one(file: Path) -> InputError:
    message = _("{file}: this is no bundle; auylsim bundle makes one of a scenario file or a run")
    return InputError(message.format(file=brief(str(file))))


def _damaged(file: Path, name: str) -> InputError:
    message = _("{file}: {name} is missing, added or changed since the bundle was made: have it sent again")
    return InputError(message.format(file=brief(str(file)), name=brief(name)))


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file; whatever is wrong with it is told."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error):
        raise _not_one(file) from None
    except OSError as error:
        message = _("{file}: the file cannot be read: {reason}")
        raise InputError(message.format(file=brief(str(file)), reason=error.strerror or error)) from None

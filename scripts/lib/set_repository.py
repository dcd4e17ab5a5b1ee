"""Replaces the public address of this repository in every file that git would track."""

import json
from pathlib import Path
import re
import subprocess
import sys
from typing import NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = Path("custom_components", "goapi", "manifest.json")
# What GitHub allows as the name of an account and of a repository.
OWNER = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}"
NAME = r"(?!\.{1,2}(?:$|[/#?]))[A-Za-z0-9._-]{1,100}(?<!\.git)"


class Address(NamedTuple):
    """The two parts of owner/name."""

    owner: str
    name: str


def fail(message: str) -> NoReturn:
    """End the program with a message."""
    sys.exit(f"set-repository: {message}")


def present_address() -> Address:
    """Return the address that the manifest has."""
    documentation = json.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))["documentation"]
    found = re.match(rf"https://github\.com/({OWNER})/({NAME})(?=[/#?]|$)", documentation)
    if found is None:
        fail(f"the documentation in {MANIFEST} is not the address of a GitHub repository")
    return Address(*found.groups())


def rewritten(text: str, old: Address, new: Address, *, code: bool) -> str:
    """Return the text with the new address in place of the old one."""
    owner, name = (re.escape(part) for part in old)
    # `name-2` and `name.py` are other repositories, `name.git` and `name.` are this one.
    end = r"(?![\w-])(?!\.(?!git\b)\w)"
    # Inside a parameter of another link, slashes are written as %2F.
    address = rf"(?:(?<![\w.-])|(?<=%2[Ff])){owner}(/|%2[Ff]){name}{end}"
    text = re.sub(address, rf"{new.owner}\g<1>{new.name}", text)
    button = rf"\bowner={owner}((?:&(?:amp;)?\w+=[\w-]*)*?&(?:amp;)?repository=){name}{end}"
    text = re.sub(button, rf"owner={new.owner}\g<1>{new.name}", text)
    # Code has decorators after an @, which are nobody's name.
    if not code:
        text = re.sub(rf"(?<![\w.@/-])@{owner}(?![\w/-])", f"@{new.owner}", text)
    return text


def tracked_files() -> list[Path]:
    """Return the files that git tracks or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    if listed.returncode:
        fail("this is no git checkout, so the files that belong to it are not known")
    return [Path(name.decode()) for name in listed.stdout.split(b"\0") if name]


def replace(path: Path, old: Address, new: Address) -> bool:
    """Rewrite one file and return whether anything in it changed."""
    file = ROOT / path
    # Listed are also files that were deleted, and links whose target is listed by itself.
    if file.is_symlink() or not file.is_file():
        return False
    content = file.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    changed = rewritten(text, old, new, code=path.suffix == ".py").encode()
    if changed == content:
        return False
    file.write_bytes(changed)
    return True


def main(arguments: list[str]) -> None:
    """Replace the present address by the one that is named."""
    wanted = re.fullmatch(f"({OWNER})/({NAME})", arguments[0]) if len(arguments) == 1 else None
    if wanted is None:
        fail("name the repository as OWNER/NAME, as in its address on GitHub")
    new = Address(*wanted.groups())
    old = present_address()
    # The manifest says what to look for, so it comes last: after an interruption, a second run
    # still finds the rest.
    paths = sorted(tracked_files(), key=lambda path: (path == MANIFEST, path))
    changed = [path for path in paths if replace(path, old, new)]
    sys.stdout.write(f"{'/'.join(new)}: {len(changed)} files changed\n")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Writes a version into the manifest and builds the archive of a release."""

from pathlib import Path
import re
import sys
import zipfile

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "custom_components" / "goapi"
ARCHIVE = ROOT / "dist" / "goapi.zip"
VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(b[1-9]\d*)?", re.ASCII)
# The oldest time a ZIP file can hold: the same content always gives the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)
REGULAR_FILE = 0o100644 << 16
UNIX = 3


def write_version(version: str) -> None:
    """Set the version in manifest.json and leave everything else as it is."""
    path = PACKAGE / "manifest.json"
    text, found = re.subn(r'(?<="version": ")[^"]*', version, path.read_text(encoding="utf-8"))
    if found != 1:
        sys.exit(f"release: {path.name} needs exactly one version, to be replaced")
    path.write_text(text, encoding="utf-8")


def shipped_files() -> list[Path]:
    """Return the files of the package, without caches and hidden files, in a fixed order."""
    return sorted(
        path
        for path in PACKAGE.rglob("*")
        if path.is_file()
        and not any(
            part == "__pycache__" or part.startswith(".")
            for part in path.relative_to(PACKAGE).parts
        )
    )


def build() -> None:
    """Write the archive, whose root is the content of the package."""
    ARCHIVE.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(ARCHIVE, "w") as archive:
        for path in shipped_files():
            entry = zipfile.ZipInfo(path.relative_to(PACKAGE).as_posix(), EPOCH)
            entry.external_attr = REGULAR_FILE
            entry.create_system = UNIX
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def main(arguments: list[str]) -> None:
    """Build the release of the one version that is named."""
    if len(arguments) != 1 or not VERSION.fullmatch(arguments[0]):
        sys.exit("release: name one version, like 1.2.3 or 1.2.3b1")
    write_version(arguments[0])
    build()


if __name__ == "__main__":
    main(sys.argv[1:])

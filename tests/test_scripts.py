"""Tests of scripts/release and scripts/set-repository, each in a copy of this checkout."""

import json
import os
from pathlib import Path
import shutil
import subprocess
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = Path("custom_components", "goapi")
MANIFEST = PACKAGE / "manifest.json"

# Nothing of the user's git may decide how these tests end.
ENVIRONMENT = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder and return what came of it."""
    return subprocess.run(  # noqa: S603
        command, cwd=folder, env=ENVIRONMENT, check=False, capture_output=True, text=True
    )


def files_of(folder: Path) -> list[Path]:
    """Return the files that git tracks or would add, relative to their checkout."""
    listed = run(folder, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    assert listed.returncode == 0, listed.stderr
    paths = (Path(name) for name in listed.stdout.split("\0") if name)
    return sorted(path for path in paths if (folder / path).is_file())


def contents_of(folder: Path) -> dict[Path, bytes]:
    """Return what is in the files that git tracks or would add."""
    return {path: (folder / path).read_bytes() for path in files_of(folder)}


def address_in(folder: Path) -> str:
    """Return the address of the repository that the manifest has."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return str(manifest["documentation"]).removeprefix("https://github.com/")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this checkout that several tests share: none of them may change it."""
    folder = tmp_path_factory.mktemp("untouched")
    for path in files_of(ROOT):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    assert run(folder, "git", "init", "--quiet").returncode == 0
    return folder


@pytest.fixture
def checkout(untouched: Path, tmp_path: Path) -> Path:
    """Return a copy of this checkout that belongs to one test."""
    return shutil.copytree(untouched, tmp_path / "checkout", symlinks=True)


@pytest.mark.parametrize("version", ["1.2.3", "2.0.0b12"])
def test_release_has_its_version_in_the_manifest(checkout: Path, version: str) -> None:
    """The manifest of the checkout and of the archive have the version, nothing else changes."""
    before = contents_of(checkout)
    expected = json.loads(before[MANIFEST]) | {"version": version}

    done = run(checkout, "scripts/release", version)

    assert done.returncode == 0, done.stderr
    after = contents_of(checkout)
    assert json.loads(after[MANIFEST]) == expected
    assert list(json.loads(after[MANIFEST])) == list(expected)
    assert {path for path in after if after[path] != before.get(path)} <= {MANIFEST}
    with ZipFile(checkout / "dist" / "goapi.zip") as archive:
        assert archive.read("manifest.json") == after[MANIFEST]


def test_archive_holds_the_package_at_its_root(checkout: Path) -> None:
    """Every file of the package is in the archive, caches and hidden files are not."""
    cache = checkout / PACKAGE / "api" / "__pycache__"
    cache.mkdir()
    (cache / "client.cpython-314.pyc").write_bytes(b"")
    (checkout / PACKAGE / ".hidden").write_bytes(b"")

    assert run(checkout, "scripts/release", "1.2.3").returncode == 0

    shipped = {
        path.relative_to(PACKAGE).as_posix(): content
        for path, content in contents_of(checkout).items()
        if path.is_relative_to(PACKAGE) and path.name != ".hidden"
    }
    with ZipFile(checkout / "dist" / "goapi.zip") as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == shipped
    assert "manifest.json" in shipped
    assert "brand/icon.png" in shipped


def test_same_content_gives_the_same_archive(checkout: Path) -> None:
    """Neither the time nor the permissions of a file change the archive."""
    archive = checkout / "dist" / "goapi.zip"
    assert run(checkout, "scripts/release", "1.2.3").returncode == 0
    first = archive.read_bytes()
    for path in files_of(checkout):
        os.utime(checkout / path, (1_000_000_000, 1_000_000_000))
    (checkout / MANIFEST).chmod(0o600)

    assert run(checkout, "scripts/release", "1.2.3").returncode == 0

    assert archive.read_bytes() == first


@pytest.mark.parametrize(
    "arguments",
    [[], ["v1.2.3"], ["1.2"], ["1.02.3"], ["1.2.3-beta"], ["1.2.3\n"], ["1.2.3", "1.2.4"]],
)
def test_release_needs_one_plain_version(untouched: Path, arguments: list[str]) -> None:
    """Anything but one plain version is refused before anything is written."""
    before = contents_of(untouched)

    done = run(untouched, "scripts/release", *arguments)

    assert done.returncode == 1
    assert done.stderr == "release: name one version, like 1.2.3 or 1.2.3b1\n"
    assert contents_of(untouched) == before
    assert not (untouched / "dist").exists()


def test_address_is_replaced_everywhere(checkout: Path) -> None:
    """No file mentions the old address, its owner or its parts in a link any more."""
    old = address_in(checkout)
    owner, name = old.split("/")
    mentioning = [
        path for path, content in contents_of(checkout).items() if old.encode() in content
    ]
    assert len(mentioning) > 1

    done = run(checkout, "scripts/set-repository", "Some-One/power.meter")

    assert done.returncode == 0, done.stderr
    manifest = json.loads((checkout / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["documentation"] == "https://github.com/Some-One/power.meter"
    assert manifest["issue_tracker"] == "https://github.com/Some-One/power.meter/issues"
    assert manifest["codeowners"] == ["@Some-One"]
    for path, content in contents_of(checkout).items():
        assert old.encode() not in content, path
        assert f"{owner}%2F{name}".encode() not in content, path
        assert f"owner={owner}".encode() not in content, path
        assert f"@{owner}".encode() not in content, path
    for path in mentioning:
        assert b"Some-One/power.meter" in (checkout / path).read_bytes(), path


def test_every_way_to_write_the_address_is_known(checkout: Path) -> None:
    """Links, badges, buttons and mentions change, similar names of others do not."""
    old = address_in(checkout)
    mine, its_name = old.split("/")

    def page(full: str, owner: str, name: str) -> str:
        # What names `old` and `mine` belongs to others, and stays.
        return "\r\n".join(
            [
                f"[code](https://github.com/{full}) of {full}. Clone git@github.com:{full}.git",
                f"https://raw.githubusercontent.com/{full}/main/blueprints/low.yaml",
                f"https://img.shields.io/github/v/release/{full}?style=flat",
                f"repository/?owner={owner}&repository={name}&category=integration)",
                f"repository/?owner={owner}&amp;category=integration&amp;repository={name}",
                f"blueprint_url=https%3A%2F%2Fgithub.com%2F{owner}%2F{name}%2Fblob%2Fmain",
                f"Thanks, @{owner}!",
                f"https://github.com/{old}-card and my{old} and {old}.nvim are other repositories",
                f"@{mine}-bot and me@{mine}",
                "Grüße, without a newline at the end",
            ]
        )

    def code(full: str) -> str:
        return f'URL = "https://github.com/{full}/issues"\n@{mine}\n'

    (checkout / "page.md").write_bytes(page(old, mine, its_name).encode())
    (checkout / "code.py").write_text(code(old), encoding="utf-8")
    picture = b"\x89PNG\xff" + old.encode()
    (checkout / "picture.png").write_bytes(picture)
    (checkout / "link.md").symlink_to("page.md")
    (checkout / ".gitignore").write_text("ignored.md\n", encoding="utf-8")
    (checkout / "ignored.md").write_text(old, encoding="utf-8")

    assert run(checkout, "scripts/set-repository", "you/meter").returncode == 0

    assert (checkout / "page.md").read_bytes().decode() == page("you/meter", "you", "meter")
    assert (checkout / "code.py").read_text(encoding="utf-8") == code("you/meter")
    assert (checkout / "picture.png").read_bytes() == picture
    assert (checkout / "link.md").is_symlink()
    assert (checkout / "ignored.md").read_text(encoding="utf-8") == old


@pytest.mark.parametrize(
    ("new_owner", "new_name"),
    [("some", "thing"), ("some", "{name}"), ("{owner}", "thing"), ("{owner}-2", "{name}.py")],
)
def test_address_can_be_changed_back(checkout: Path, new_owner: str, new_name: str) -> None:
    """The script works from any address, also from one that resembles the first."""
    old = address_in(checkout)
    owner, name = old.split("/")
    other = f"{new_owner.format(owner=owner)}/{new_name.format(name=name)}"
    before = contents_of(checkout)

    done = run(checkout, "scripts/set-repository", other)
    assert done.returncode == 0, done.stderr
    assert contents_of(checkout) != before
    done = run(checkout, "scripts/set-repository", old)

    assert done.returncode == 0, done.stderr
    assert contents_of(checkout) == before


@pytest.mark.parametrize(
    "arguments",
    [[], ["you"], ["https://github.com/you/meter"], ["-you/meter"], ["you/.."], ["you/meter.git"]],
)
def test_what_is_no_address_is_refused(untouched: Path, arguments: list[str]) -> None:
    """Anything but OWNER/NAME is refused with a message, before anything is written."""
    before = contents_of(untouched)

    done = run(untouched, "scripts/set-repository", *arguments)

    assert done.returncode == 1
    assert done.stderr == (
        "set-repository: name the repository as OWNER/NAME, as in its address on GitHub\n"
    )
    assert contents_of(untouched) == before


def test_folder_without_git_is_refused(checkout: Path) -> None:
    """Without git, files that are not ours could be rewritten."""
    before = contents_of(checkout)
    shutil.rmtree(checkout / ".git")

    done = run(checkout, "scripts/set-repository", "you/meter")

    assert done.returncode == 1
    assert "no git checkout" in done.stderr
    assert all((checkout / path).read_bytes() == content for path, content in before.items())

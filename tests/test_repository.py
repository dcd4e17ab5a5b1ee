"""Tests of what Home Assistant, HACS and GitHub read besides the code."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
import struct
import subprocess
from typing import Any, NamedTuple

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
import pytest

from homeassistant.util.yaml import load_yaml_dict

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "custom_components" / "goapi"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ISSUE_FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))

# What both HACS and Home Assistant's marketplace read from hacs.json.
HACS_KEYS = {
    "content_in_root": bool,
    "filename": str,
    "hacs": str,
    "hide_default_branch": bool,
    "homeassistant": str,
    "name": str,
    "persistent_directory": str,
    "zip_release": bool,
}

# Actions without releases: pinned to a commit of this branch.
WITHOUT_RELEASES = {"hacs/action": "main", "home-assistant/actions/hassfest": "master"}

IMAGES = {
    f"{prefix}{name}{suffix}.png": (name, scale)
    for prefix in ("", "dark_")
    for name in ("icon", "logo")
    for suffix, scale in (("", 1), ("@2x", 2))
}

# A file or folder that only one machine has.
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:home|Users|root|work|tmp/[\w-]+)/[\w.-]+")


def json_in(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file whose keys are unique."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        assert len(result) == len(pairs), f"a key occurs twice in {path.name}"
        return result

    content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)
    assert isinstance(content, dict)
    return content


def test_manifest_is_sorted_as_hassfest_wants() -> None:
    """The domain and the name come first, then the alphabet."""
    keys = list(json_in(PACKAGE / "manifest.json"))

    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]


def test_home_assistant_loads_the_version() -> None:
    """The loader refuses a custom integration whose version it cannot compare."""
    version = AwesomeVersion(json_in(PACKAGE / "manifest.json")["version"])

    assert version.strategy in {
        AwesomeVersionStrategy.SEMVER,
        AwesomeVersionStrategy.PEP440,
    }


def test_addresses_in_the_manifest_agree() -> None:
    """Documentation, issues and code owner belong to one repository."""
    manifest = json_in(PACKAGE / "manifest.json")
    address = re.fullmatch(r"https://github\.com/([\w-]+)/[\w.-]+", manifest["documentation"])

    assert address
    assert manifest["issue_tracker"] == f"{address[0]}/issues"
    assert manifest["codeowners"] == [f"@{address[1]}"]


def test_hacs_and_the_marketplace_know_every_key() -> None:
    """HACS refuses unknown keys, the marketplace ignores values of a wrong type."""
    content = json_in(ROOT / "hacs.json")

    assert {key: type(value) for key, value in content.items()} == {
        key: HACS_KEYS.get(key) for key in content
    }
    assert content["name"] == json_in(PACKAGE / "manifest.json")["name"]


def test_hacs_asks_for_the_archive_that_a_release_has() -> None:
    """The name in hacs.json is the name of the file that is built and attached."""
    content = json_in(ROOT / "hacs.json")
    release = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")

    assert content["zip_release"] is True
    assert f'"{content["filename"]}"' in (ROOT / "scripts/lib/release.py").read_text("utf-8")
    assert f'gh release upload "$TAG" dist/{content["filename"]}' in release


def test_oldest_supported_home_assistant_has_what_we_use() -> None:
    """Releases before 2026.6 lack the options flow that reloads."""
    floor = AwesomeVersion(json_in(ROOT / "hacs.json")["homeassistant"])

    assert floor.strategy is AwesomeVersionStrategy.CALVER
    assert floor >= AwesomeVersion("2026.6.0")


class Use(NamedTuple):
    """A line of a workflow that runs an action."""

    action: str
    reference: str
    comment: str


def uses_in(workflow: Path) -> Iterator[Use]:
    """Yield every use of an action, also one that no parser would tie to a comment."""
    for line in workflow.read_text(encoding="utf-8").splitlines():
        if re.match(r"\s*(?:- )?uses:", line):
            found = re.fullmatch(r"\s*(?:- )?uses: ([\w./-]+)@(\S+)(?: # (\S+))?", line)
            assert found, line
            yield Use(found[1], found[2], found[3] or "")


def jobs_in(workflow: Path) -> dict[str, dict[str, Any]]:
    """Return the jobs of a workflow."""
    jobs: dict[str, dict[str, Any]] = load_yaml_dict(workflow)["jobs"]
    return jobs


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_to_a_commit(workflow: Path) -> None:
    """A tag or a branch can be moved, a commit cannot; the comment says which one it is."""
    for use in uses_in(workflow):
        assert re.fullmatch(r"[0-9a-f]{40}", use.reference), use
        if use.action in WITHOUT_RELEASES:
            assert use.comment == WITHOUT_RELEASES[use.action], use
        else:
            assert re.fullmatch(r"v\d+\.\d+\.\d+", use.comment), use


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_have_the_least_permissions(workflow: Path) -> None:
    """A workflow may nothing, a job what it names, and the token stays out of the checkout."""
    assert load_yaml_dict(workflow)["permissions"] == {}
    assert "group" in load_yaml_dict(workflow)["concurrency"]
    for job in jobs_in(workflow).values():
        assert "contents" in job["permissions"]
        assert 0 < job["timeout-minutes"] <= 60
        for step in job["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            assert "${{" not in step.get("run", ""), "an expression in a script is an injection"


def test_only_a_release_may_write() -> None:
    """No other workflow has a permission to write."""
    writing = {
        path.stem
        for path in WORKFLOWS
        for job in jobs_in(path).values()
        if "write" in job["permissions"].values()
    }

    assert writing == {"release"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_scripts_that_exist(workflow: Path) -> None:
    """Every script that a workflow names can be executed."""
    for job in jobs_in(workflow).values():
        for step in job["steps"]:
            for script in re.findall(r"\bscripts/[\w-]+", step.get("run", "")):
                assert (ROOT / script).stat().st_mode & 0o111, script


def test_forms_protect_the_key() -> None:
    """A bug needs the diagnostics file, and the promise that no key is in the report."""
    body = {each.get("id"): each for each in load_yaml_dict(ISSUE_FORMS[0])["body"]}

    assert ISSUE_FORMS[0].stem == "bug"
    assert body["diagnostics"]["validations"]["required"] is True
    assert all(option["required"] for option in body["key"]["attributes"]["options"])
    assert "Never paste your API key" in body[None]["attributes"]["value"]


class Header(NamedTuple):
    """What the first bytes of a PNG file say."""

    width: int
    height: int
    bits: int
    colour: int


def header_of(path: Path) -> Header:
    """Return the header of a PNG file."""
    content = path.read_bytes()
    assert content[:16] == b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
    assert content.endswith(b"IEND\xaeB`\x82")
    return Header(*struct.unpack_from(">IIBB", content, 16))


@pytest.mark.parametrize("file", IMAGES)
def test_brand_images_have_the_right_size(file: str) -> None:
    """An icon is a square of 256 pixels, a logo 128 high, both twice that at @2x, with alpha."""
    name, scale = IMAGES[file]
    header = header_of(PACKAGE / "brand" / file)

    assert (header.bits, header.colour) == (8, 6)
    if name == "icon":
        assert (header.width, header.height) == (256 * scale, 256 * scale)
    else:
        assert header.height == 128 * scale
        assert header.width > header.height
    assert (PACKAGE / "brand" / file).stat().st_size < 40_000


def test_tools_for_javascript_are_pinned_and_come_from_any_registry() -> None:
    """The lock file has the versions of package.json, and names no server."""
    wanted = json_in(ROOT / "package.json")["devDependencies"]
    locked = json_in(ROOT / "package-lock.json")["packages"]

    for name, version in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert locked[f"node_modules/{name}"]["version"] == version
    assert not [name for name, package in locked.items() if "resolved" in package]


def test_every_picture_is_shown_and_small() -> None:
    """No page waits for a picture, and no picture is left over."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)

    for path in sorted((ROOT / "docs" / "images").iterdir()):
        header_of(path)
        assert path.stat().st_size <= 200_000, path.name
        assert f"images/{path.name})" in text, path.name


def test_no_file_mentions_a_path_of_a_machine() -> None:
    """What works only where it was written is no part of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    assert ROOT / "hacs.json" in paths
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in paths
        if path.is_file()
        for match in MACHINE_PATH.finditer(path.read_bytes().decode(errors="ignore"))
    }

    assert not found

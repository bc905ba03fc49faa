"""What is shipped, what it declares, and what `make` installs."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
import types
import zipfile
from pathlib import Path

import pytest

import hedgerow

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "hedgerow"
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))

# Needed by DuckDB at run time, which does not declare them.
UNDECLARED_BY_DUCKDB = {"pyarrow", "pytz"}

# Spelled in two halves, so that this file does not name what it forbids.
REGISTRY = re.compile(
    "|".join(["index" + "-url", "find" + "-links", "pythonhosted" + r"\.org", "/simp" + r"le/?\b"])
)


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


# --- Public names ------------------------------------------------------------------------------


def packages() -> list[str]:
    found = pkgutil.walk_packages(hedgerow.__path__, "hedgerow.")
    return ["hedgerow", *(module.name for module in found if module.ispkg)]


def natural(name: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def reading_order(name: str) -> tuple:
    """Constants, then classes, then functions: the order the linter keeps."""
    if name.isupper() and len(name) > 1:
        return 0, natural(name)
    return (1 if name[:1].isupper() else 2), natural(name)


@pytest.mark.parametrize("package", packages())
def test_all_lists_exactly_the_public_names(package: str):
    module = importlib.import_module(package)
    listed = list(getattr(module, "__all__", []))
    missing = [name for name in listed if not hasattr(module, name)]
    unlisted = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and name not in listed
        and not isinstance(value, types.ModuleType)
        and str(getattr(value, "__module__", "")).startswith("hedgerow")
    ]

    assert missing == []
    assert unlisted == []
    assert listed == sorted(set(listed), key=reading_order)


# --- The wheel ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    hatch = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*hatch, str(folder)], cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_ships_every_file_of_the_package(wheel: zipfile.ZipFile):
    here = {
        path.relative_to(ROOT / "src").as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert "hedgerow/py.typed" in here
    assert here - set(wheel.namelist()) == set()


def test_wheel_ships_nothing_beside_the_package(wheel: zipfile.ZipFile):
    version = importlib.metadata.version("hedgerow")
    folders = {name.split("/")[0] for name in wheel.namelist()}

    assert folders == {"hedgerow", f"hedgerow-{version}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


# --- Dependencies ------------------------------------------------------------------------------


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: list[str]) -> set[str]:
    return {canonical(re.match(r"[\w.-]+", line)[0]) for line in requirements}


def imported_libraries() -> set[str]:
    """Distributions that some module of the package imports, at any depth."""
    modules = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules.add((node.module or "").split(".")[0])
    outside = modules - sys.stdlib_module_names - {"hedgerow"}
    owners = importlib.metadata.packages_distributions()
    return {canonical(owner) for module in outside for owner in owners.get(module, [module])}


def test_every_dependency_is_imported_and_every_import_declared(project: dict):
    wanted = declared(project["project"]["dependencies"])
    extras = project["project"].get("optional-dependencies", {})
    optional = declared([line for extra in extras.values() for line in extra])
    used = imported_libraries()

    assert wanted - used - UNDECLARED_BY_DUCKDB == set()
    assert used - wanted - optional == set()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_pins_each_requirement_by_hash(lock: Path):
    entries = re.split(r"^(?=\S)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    requirements = [entry for entry in entries if entry and not entry.startswith("#")]
    unpinned = [
        entry.split("\n", 1)[0]
        for entry in requirements
        if not re.match(r"[\w.-]+==\S+", entry) or "--hash=sha256:" not in entry
    ]

    assert requirements
    assert unpinned == []


@pytest.mark.parametrize(
    ("lock", "groups"),
    [
        ("uv.txt", ["bootstrap"]),
        ("base.txt", ["build", "test", "lint", "bench"]),
        ("all.txt", ["build", "test", "lint", "bench", "docs", "services"]),
    ],
)
def test_lock_covers_what_the_project_declares(project: dict, lock: str, groups: list[str]):
    wanted = [line for group in groups for line in project["dependency-groups"][group]]
    if lock != "uv.txt":
        wanted += project["project"]["dependencies"]
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    pinned = declared(re.findall(r"^[\w.-]+(?===)", text, flags=re.MULTILINE))

    assert declared(wanted) - pinned == set()


# --- The repository ----------------------------------------------------------------------------


def committed_files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git clone")
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    names = subprocess.run(
        listing, cwd=ROOT, check=True, capture_output=True, text=True, env=environment
    ).stdout
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_package_registry():
    named = []
    for path in committed_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a data file
        named += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in REGISTRY.finditer(text)]

    assert named == []


def test_no_source_file_is_ignored_by_git():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git clone")
    known = set(committed_files())
    sources = {path for path in SOURCE.rglob("*") if path.is_file()}

    assert {path for path in sources - known if "__pycache__" not in path.parts} == set()


def test_changelog_tells_of_this_version(project: dict):
    version = project["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert importlib.metadata.version("hedgerow") == version
    assert re.search(rf"^## .*\b{re.escape(version)}\b", changelog, flags=re.MULTILINE)


def test_each_room_has_a_reference_page():
    pages = (ROOT / "docs" / "reference").glob("*.md")
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    rooms = [name for name in packages() if name.count(".") == 1]

    assert [room for room in rooms if f"automodule:: {room}\n" not in text] == ["hedgerow.cli"]


def test_workflow_actions_are_pinned_to_a_commit():
    workflows = (ROOT / ".github" / "workflows").glob("*.yml")
    used = re.findall(r"uses: (\S+)", "".join(path.read_text("utf-8") for path in workflows))

    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []


def test_workflow_runs_every_python_that_is_promised(project: dict):
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(project["project"]["classifiers"]))
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")

    assert re.search(r"python: \[(.*)\]", workflow)[1] == ", ".join(f'"{v}"' for v in promised)

"""The same world for every test and every docstring example, whatever machine they run on."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# Settings of a developer's shell, accounts a test must never reach, and what changes how a
# terminal program prints.
PERSONAL = ("HEDGEROW_", "APCA_", "AWS_", "KAFKA_")
PERSONAL_ENDS = ("_API_KEY",)
TERMINAL = ("CLICOLOR_FORCE", "FORCE_COLOR", "GITHUB_ACTIONS", "LINES", "PY_COLORS")
SHARED_DATA = "HEDGEROW_SHARED_DATA"

hypothesis.settings.register_profile(
    "default",
    derandomize=True,  # the same examples in every run
    deadline=None,  # the first example may compile a kernel
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "explore",
    hypothesis.settings.get_profile("default"),
    derandomize=False,
    max_examples=500,
    print_blob=True,
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def _same_process_everywhere() -> None:
    for name in list(os.environ):
        personal = name.startswith(PERSONAL) or name.endswith(PERSONAL_ENDS)
        if (personal and name != SHARED_DATA) or name in TERMINAL:
            del os.environ[name]
    os.environ |= {"TZ": "UTC", "NO_COLOR": "1", "COLUMNS": "120", "TERM": "dumb"}
    time.tzset()
    # Compiled kernels are kept between runs and shared by the workers.
    cache = Path(__file__).parent / ".cache"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache / "numba"))
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache / "hypothesis"))


_same_process_everywhere()


@pytest.fixture(scope="session", autouse=True)
def _empty_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
        patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
        yield home


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in an empty folder: no ``.env`` is read and no ``workspace`` is left."""
    monkeypatch.chdir(tmp_path)
    if settings := sys.modules.get("hedgerow.settings"):
        settings.load_settings.cache_clear()

"""The Python code of the README and of the how-to pages runs as it is printed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]


def python_of(page: str) -> str:
    """Python blocks of a page, every line where it stands in the page."""
    lines, inside = [], False
    for line in page.splitlines():
        fence = line.startswith("```")
        lines.append(line if inside and not fence else "")
        inside = not inside and line.strip() == "```python" if fence else inside
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_runs_as_printed(page: Path, tmp_path: Path) -> None:
    code = python_of(page.read_text(encoding="utf-8"))
    assert code.strip(), f"{page.name} has no Python to run"
    script = tmp_path / f"{page.stem.replace('-', '_')}.py"
    script.write_text(code, encoding="utf-8")

    # A process of its own: what a page registers or imports is gone with it.
    run = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, f"{page.name}:\n{run.stderr}"


def test_lines_keep_their_numbers() -> None:
    page = "# A\n\n```python\nx = 1\n```\n\n```sh\nls\n```\n\n```python\ny = 2\n```\n"

    assert python_of(page).splitlines() == ["", "", "", "x = 1", *[""] * 7, "y = 2", ""]

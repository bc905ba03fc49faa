"""Fail where a Python file has outgrown one concept: 600 lines, 500 for a test."""

from __future__ import annotations

import sys
from pathlib import Path

LIMITS = {"src": 600, "bench": 600, "tools": 600, "docs": 600, "tests": 500}


def too_long(root: Path) -> list[str]:
    """One line of complaint per file above its folder's limit, longest first."""
    sizes = [
        (len(path.read_text(encoding="utf-8").splitlines()), path.relative_to(root), limit)
        for folder, limit in LIMITS.items()
        for path in (root / folder).rglob("*.py")
    ]
    over = sorted((size for size in sizes if size[0] > size[2]), reverse=True)
    return [f"{path}: {lines} lines, at most {limit}" for lines, path, limit in over]


if __name__ == "__main__":
    complaints = too_long(Path(__file__).parents[1])
    print("\n".join(complaints) or "No file is too long")
    sys.exit(1 if complaints else 0)

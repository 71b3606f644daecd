from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty current folder, so that files are told by their short names."""
    monkeypatch.chdir(tmp_path)
    return tmp_path

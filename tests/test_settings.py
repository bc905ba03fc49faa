"""Settings come from the environment and ``.env``; a wrong one is one clear line."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from hedgerow.errors import DefinitionError
from hedgerow.settings import Settings, load_settings


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    """Settings as a new process with some variables reads them."""

    def call(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(f"HEDGEROW_{name.upper()}", value)
        load_settings.cache_clear()
        return load_settings()

    yield call
    load_settings.cache_clear()


class TestRegression:
    @pytest.mark.parametrize("text", ["mine,other", " mine , other,", '["mine", "other"]'])
    def test_a_list_is_written_with_commas_or_as_json(self, load, text: str) -> None:
        assert load(source_priority=text).source_priority == ["mine", "other"]

    def test_a_list_in_dotenv(self, load) -> None:
        Path(".env").write_text("HEDGEROW_SOURCE_PRIORITY=mine,other\nOTHER=1\n", encoding="utf-8")
        assert load().source_priority == ["mine", "other"]

    def test_the_environment_goes_before_dotenv(self, load) -> None:
        Path(".env").write_text("HEDGEROW_STALE_RUN=7\n", encoding="utf-8")
        assert load().stale_run == 7
        assert load(stale_run="8").stale_run == 8

    def test_home_is_spelled_out(self, load) -> None:
        assert load(workspace="~/x").workspace == Path(os.environ["HOME"]) / "x"

    def test_an_empty_variable_counts_as_not_set(self, load) -> None:
        assert load(workspace="", stale_run="") == Settings(_env_file=None)

    def test_the_page_lists_every_setting_and_its_default(self, root: Path) -> None:
        text = (root / "docs" / "settings.md").read_text(encoding="utf-8")
        listed = dict(re.findall(r"^\| `HEDGEROW_(\w+)` \| (?:`([^`]+)`|–) \|", text, re.MULTILINE))
        expected = {}
        for name, field in Settings.model_fields.items():
            default = field.default
            shown = ",".join(default) if isinstance(default, list) else str(default)
            expected[name.upper()] = shown
        assert listed == expected


class TestValidation:
    @pytest.mark.parametrize(
        ("name", "value", "valid"),
        [
            ("stale_run", "abc", "a whole number of 2 or more, such as 10"),
            ("stale_run", "1", "a whole number of 2 or more, such as 10"),
            ("jump_warning", "0", "a number above 0, such as 0.4"),
            ("leftover_hours", "-1", "a number of 0 or more, such as 24.0"),
            ("source_priority", '["mine"', "names with commas between"),
            ("source_priority", "[1]", "names with commas between"),
            ("workspace", "~nobody-of-that-name/x", "a folder"),
        ],
    )
    def test_a_wrong_value_is_one_line(self, load, name: str, value: str, valid: str) -> None:
        with pytest.raises(DefinitionError) as caught:
            load(**{name: value})
        message = caught.value.message
        assert message.startswith(f"setting HEDGEROW_{name.upper()}=")
        assert valid in message
        assert "\n" not in message
        assert caught.value.facts["setting"] == name

    def test_a_dotenv_that_is_no_text(self, load) -> None:
        Path(".env").write_bytes(b"HEDGEROW_STALE_RUN=\xff\xfe\n")
        with pytest.raises(DefinitionError, match=r"\.env of this folder cannot be read"):
            load()

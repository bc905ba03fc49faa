"""A strategy is found by name, module or file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgerow.errors import DefinitionError
from hedgerow.strategies import SmaCross, load_strategy, load_strategy_class, strategy_classes

MINE = """
import hedgerow as hr

class Mine(hr.Strategy):
    def signal(self):
        return hr.side(buy=hr.col("close") > 0, sell=hr.col("close") < 0)

not_a_strategy = 3
"""


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


class TestRegression:
    @pytest.mark.parametrize("name", ["SmaCross", "sma_cross", "sma-cross", "SMACROSS"])
    def test_names_are_found_however_they_are_spelt(self, name: str) -> None:
        assert load_strategy_class(name) is SmaCross

    def test_a_module_names_its_class(self) -> None:
        assert load_strategy_class("hedgerow.strategies:SmaCross") is SmaCross

    def test_a_file_names_its_class_and_keeps_its_source(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.py"
        path.write_text(MINE)
        made = load_strategy(f"{path}:Mine")
        assert made.name == "Mine"
        assert "hr.side" in made.source_text

    def test_files_of_one_name_are_kept_apart(self, tmp_path: Path) -> None:
        paths = [tmp_path / folder / "mine.py" for folder in "ab"]
        for path in paths:
            path.parent.mkdir()
            path.write_text(f"{MINE}\nPLACE = {path.parent.name!r}\n")
        first, second = (load_strategy(f"{path}:Mine") for path in paths)
        assert "PLACE = 'a'" in first.source_text
        assert "PLACE = 'b'" in second.source_text
        assert load_strategy_class(f"{paths[0]}:Mine") is type(first)

    def test_an_edited_file_is_loaded_anew_and_the_old_record_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.py"
        path.write_text(f"LEVEL = 1\n{MINE}")
        before = load_strategy(f"{path}:Mine")
        path.write_text(f"LEVEL = 2\n{MINE}")
        after = load_strategy(f"{path}:Mine")
        assert before.source_text == f"LEVEL = 1\n{MINE}"
        assert after.source_text == f"LEVEL = 2\n{MINE}"

    def test_the_source_holds_the_modules_of_its_bases(self, tmp_path: Path) -> None:
        base = load_strategy_class(f"{_written(tmp_path / 'base.py', MINE)}:Mine")
        derived = type("Derived", (base,), {"__module__": __name__})
        assert derived().source_text == f"{Path(__file__).read_text()}\n\n{MINE}"

    def test_a_built_in_strategy_shows_its_class(self) -> None:
        assert SmaCross().source_text.startswith("class SmaCross(Strategy):")

    def test_built_in_strategies_are_six(self) -> None:
        assert list(strategy_classes()) == [
            "BuyAndHold",
            "MeanReversion",
            "Momentum",
            "RsiReversion",
            "SmaCross",
            "VixMomentum",
        ]


class TestProperties:
    @pytest.mark.parametrize("name", strategy_classes())
    def test_every_parameter_says_what_it_is(self, name: str) -> None:
        for key, spec in strategy_classes()[name].params.items():
            if key != "direction":
                assert spec.doc, key
                assert spec.unit, key
                assert spec.low is not None
                assert spec.high is not None


class TestValidation:
    def test_an_unknown_name_gets_a_hint(self) -> None:
        with pytest.raises(
            DefinitionError, match=r"'SmaCros' is not known. Did you mean 'SmaCross'"
        ):
            load_strategy("SmaCros")

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(DefinitionError, match=r"absent\.py does not exist"):
            load_strategy(f"{tmp_path}/absent.py:Mine")

    def test_a_missing_class_gets_a_hint(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.py"
        path.write_text(MINE)
        with pytest.raises(DefinitionError, match=r"has no class 'Mien'. Did you mean 'Mine'"):
            load_strategy(f"{path}:Mien")

    def test_what_is_no_strategy_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.py"
        path.write_text(MINE)
        with pytest.raises(
            DefinitionError, match=r"is not a strategy: derive it from hr\.Strategy"
        ):
            load_strategy(f"{path}:not_a_strategy")

    def test_a_broken_file_is_one_line(self, tmp_path: Path) -> None:
        path = tmp_path / "broken.py"
        path.write_text("1 / 0")
        with pytest.raises(DefinitionError, match="cannot be run: ZeroDivisionError"):
            load_strategy(f"{path}:Mine")

    def test_a_file_that_exits_says_so(self, tmp_path: Path) -> None:
        path = _written(tmp_path / "leaves.py", "import sys\nsys.exit(0)")
        with pytest.raises(DefinitionError, match=r"leaves\.py cannot be run: SystemExit: 0"):
            load_strategy(f"{path}:Mine")

    def test_a_module_that_fails_is_one_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _written(tmp_path / "failing_strategies.py", "1 / 0")
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(DefinitionError, match="cannot be imported: ZeroDivisionError"):
            load_strategy("failing_strategies:Mine")

    def test_an_absent_module_is_named(self) -> None:
        with pytest.raises(DefinitionError, match=r"module 'no.such' cannot be imported"):
            load_strategy("no.such:Mine")

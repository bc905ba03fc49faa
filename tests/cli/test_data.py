"""``hedgerow data`` and ``hedgerow doctor`` with stores that a team shares."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.s3_servers import SECRET, Bucket, free_port

from hedgerow import credentials
from hedgerow.settings import load_settings
from hedgerow.workspace import Workspace

Run = Callable[..., Any]
PLANTED = "planted-vendor-key-4711"


@pytest.fixture(autouse=True)
def settings_anew() -> Iterator[None]:
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()
    credentials.forget()


@pytest.fixture
def ours(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket that the environment gives access to."""
    for name, value in bucket.options.items():
        monkeypatch.setenv(name, value)
    return bucket


@pytest.fixture
def desk(sample: Workspace, tmp_path: Path) -> Path:
    """A workspace with a little in it."""
    place = shutil.copytree(sample.path, tmp_path / "desk")
    for table in ("splits", "dividends"):
        shutil.rmtree(place / "lake" / table, ignore_errors=True)
    return place


class TestRegression:
    def test_a_workspace_travels_through_a_bucket(
        self, run: Run, ours: Bucket, desk: Path, tmp_path: Path
    ) -> None:
        sent = run("data", "upload", ours.uri(), "--catalog", "-w", desk)
        assert sent.code == 0, sent.err
        assert "copied" in sent.out
        assert "Catalog copied to s3://" in sent.out
        again = run("data", "upload", ours.uri(), "--catalog", "-w", desk)
        assert "All was there already." in again.out
        assert "Catalog was there already." in again.out
        other = tmp_path / "other"
        back = run("data", "download", ours.uri(), "--catalog", "-w", other)
        assert back.code == 0, back.err
        query = "select symbol, count(*) n, max(close) c from bars group by 1 order by 1"
        asked = ("sql", query, "--format", "csv", "-w")
        assert run(*asked, other).out == run(*asked, desk).out != ""
        assert run("universe", "list", "-w", other).out == run("universe", "list", "-w", desk).out

    def test_a_lake_in_the_bucket_is_used_where_the_settings_say_so(
        self, run: Run, ours: Bucket, desk: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        query = ("sql", "select count(*) n from bars", "--format", "csv", "-w", desk)
        local = run(*query).out
        assert run("data", "upload", ours.uri(), "-w", desk).code == 0
        shutil.rmtree(desk / "lake")
        monkeypatch.setenv("HEDGEROW_LAKE_URI", ours.uri())
        load_settings.cache_clear()
        assert run(*query).out == local
        doctor = run("doctor", "-w", desk)
        assert doctor.code == 0, doctor.out
        assert ours.uri() in doctor.out

    def test_a_download_without_the_catalog_says_so(
        self, run: Run, ours: Bucket, desk: Path, tmp_path: Path
    ) -> None:
        run("data", "upload", ours.uri(), "--table", "bars", "-w", desk)
        done = run("data", "download", ours.uri(), "-w", tmp_path / "other")
        assert done.code == 0, done.err
        assert "catalog is empty: add --catalog" in done.out

    def test_a_catalog_that_was_changed_at_both_ends_is_refused(
        self, run: Run, ours: Bucket, desk: Path, tmp_path: Path
    ) -> None:
        other, place = tmp_path / "other", ours.uri()
        run("data", "upload", place, "--catalog", "-w", desk)
        run("data", "download", place, "--catalog", "-w", other)
        run("universe", "create", "theirs", "AAPL", "-w", other)
        sent = run("data", "upload", place, "--catalog", "-w", other)
        assert sent.code == 0, sent.err
        run("universe", "create", "mine", "MSFT", "-w", desk)
        refused = run("data", "upload", place, "--catalog", "-w", desk)
        assert refused.code == 1
        assert "was changed since it was last copied: nothing was replaced" in refused.err
        refused = run("data", "download", place, "--catalog", "-w", desk)
        assert (refused.code, refused.err.count("\n")) == (1, 1)
        assert "mine" in run("universe", "list", "-w", desk).out
        forced = run("data", "download", place, "--catalog", "--force", "-w", desk)
        assert forced.code == 0, forced.err
        assert "theirs" in run("universe", "list", "-w", desk).out


class TestValidation:
    def test_a_lake_that_went_its_own_way_is_refused(
        self, run: Run, ours: Bucket, desk: Path, tmp_path: Path
    ) -> None:
        run("data", "upload", ours.uri(), "--table", "bars", "-w", desk)
        run("synth", "--symbols", "2", "--bars", "300", "-w", tmp_path / "other")
        words = ("data", "upload", ours.uri(), "-w", tmp_path / "other")
        refused = run(*words)
        assert (refused.code, refused.err.count("\n")) == (1, 1)
        assert "went its own way (bars from version 0)" in refused.err
        forced = run(*words, "--force")
        assert forced.code == 0, forced.err
        assert "replaced" in forced.out

    @pytest.mark.parametrize("direction", ["upload", "download"])
    def test_a_wrong_address_is_one_line(
        self, run: Run, ours: Bucket, desk: Path, direction: str
    ) -> None:
        for address, words in (
            ("s3://elsewhere-entirely/x", "the bucket does not exist"),
            ("gs://bucket/x", "is not s3://bucket/prefix"),
        ):
            done = run("data", direction, address, "-w", desk)
            assert (done.code, done.err.count("\n")) == (1, 1)
            assert words in done.err
            assert SECRET not in done.err

    def test_a_folder_without_a_workspace_is_told_before_anything_of_aws(
        self, run: Run, tmp_path: Path
    ) -> None:
        done = run("data", "upload", "s3://bucket/prices", "-w", tmp_path / "none")
        assert (done.code, done.err.count("\n")) == (1, 1)
        assert f"there is no workspace at {tmp_path / 'none'}" in done.err

    @pytest.mark.parametrize("direction", ["upload", "download"])
    @pytest.mark.parametrize("address", ["bucket/prices", "s3:bucket/prices"])
    def test_a_folder_is_no_address(
        self, run: Run, sample: Workspace, tmp_path: Path, direction: str, address: str
    ) -> None:
        done = run("data", direction, address, "-w", sample.path)
        assert (done.code, done.err.count("\n")) == (1, 1)
        assert f"address '{address}' is not s3://bucket/prefix" in done.err
        assert not (tmp_path / address.partition("/")[0]).exists()


class TestDoctor:
    def test_it_names_keys_and_where_they_are_but_shows_none(
        self, run: Run, sample: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.delenv("POLYGON_API_KEY", raising=False)
        monkeypatch.setenv("MASSIVE_API_KEY", PLANTED)
        (tmp_path / ".env").write_text(f"FMP_API_KEY={PLANTED}\n", encoding="utf-8")
        done = run("doctor", "-w", sample.path)
        assert "MASSIVE_API_KEY from environment" in done.out
        assert "FMP_API_KEY from .env" in done.out
        assert PLANTED not in done.out + done.err

    def test_it_finds_a_reference_that_leads_nowhere(
        self, run: Run, sample: Workspace, ours: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
        monkeypatch.setenv("FRED_API_KEY", "ssm:/quant-platform/fred-api-key")
        done = run("doctor", "-w", sample.path)
        assert done.code == 1
        assert "FRED_API_KEY" in done.out
        assert "cannot be read" in done.out
        assert SECRET not in done.out + done.err

    def test_it_finds_a_lake_that_cannot_be_reached(
        self, run: Run, sample: Workspace, ours: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEDGEROW_LAKE_URI", "s3://elsewhere-entirely/prices")
        done = run("doctor", "-w", sample.path)
        assert done.code == 1
        assert "does not exist" in done.out
        assert SECRET not in done.out + done.err

"""What goes wrong with a bucket is one clear line, soon, and without a secret."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from tests.lake.builders import MONDAY, daily_bars
from tests.s3_servers import KEY, MOTO, SECRET, Bucket, free_port

from hedgerow.errors import HedgerowError, StoreError
from hedgerow.lake import Lake, copy_lake
from hedgerow.lake._options import for_delta, for_polars, store_options
from hedgerow.settings import Settings

NONE_OF_OURS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")


def lake_in(bucket: Bucket, uri: str | None = None, **changed: str) -> Lake:
    settings = Settings(_env_file=None)
    options = bucket.options | changed
    return Lake(uri or bucket.uri(), settings=settings, storage_options=options)


def attempts(lake: Lake) -> list[Callable[[], object]]:
    """Every way that the first word with a store is had."""
    return [
        lambda: lake.scan("bars"),
        lake.tables,
        lambda: lake.version("bars"),
        lambda: lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY),
        lake.compact,
        lake.clean_leftovers,
    ]


def assert_each_says(lake: Lake, words: str) -> None:
    for attempt in attempts(lake):
        with pytest.raises(StoreError, match=words) as error:
            attempt()
        assert_clean(error.value, lake)


def assert_clean(error: HedgerowError, *shown: object) -> None:
    said = str(error) + repr(error) + repr(error.facts) + "".join(map(repr, shown))
    assert SECRET not in said
    assert "\n" not in str(error)


# --------------------------------------------------------------------------------- regression


def test_a_missing_bucket_is_named(bucket):
    lake = lake_in(bucket, "s3://elsewhere/prices")
    assert_each_says(lake, r"s3://elsewhere/prices.*: the bucket does not exist")


def test_a_store_that_does_not_answer_is_told_soon(bucket):
    lake = lake_in(bucket, AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}")
    assert_each_says(lake, "the store does not answer; check the network, AWS_ENDPOINT_URL")


def test_a_refused_key_is_told(bucket):
    if bucket.server.kind == MOTO:
        pytest.skip("moto takes every key")
    assert_each_says(lake_in(bucket, AWS_SECRET_ACCESS_KEY="wrong"), "refused the credentials")
    assert_each_says(lake_in(bucket, AWS_ACCESS_KEY_ID="wrong"), "refused the credentials")


def test_plain_http_can_be_forbidden(bucket):
    lake = lake_in(bucket, AWS_ALLOW_HTTP="false")
    assert_each_says(lake, "plain HTTP is off")


def test_a_copy_tells_the_same(bucket, tmp_path):
    local = tmp_path / "local"
    Lake(local, settings=Settings(_env_file=None)).merge(
        "bars", daily_bars("AAA"), ingested_at=MONDAY
    )
    down = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    for uri, changed, words in (
        ("s3://elsewhere/prices", {}, "the bucket does not exist"),
        (bucket.uri(), down, "the store does not answer"),
    ):
        for ends in ((local, uri), (uri, tmp_path / "back")):
            with pytest.raises(StoreError, match=words) as error:
                copy_lake(*ends, options=bucket.options | changed)
            assert_clean(error.value)


def test_a_refused_copy_tells_the_same(bucket, tmp_path):
    if bucket.server.kind == MOTO:
        pytest.skip("moto takes every key")
    with pytest.raises(StoreError, match="refused the credentials") as error:
        copy_lake(bucket.uri(), tmp_path, options=bucket.options | {"AWS_ACCESS_KEY_ID": "wrong"})
    assert_clean(error.value)


# --------------------------------------------------------------------------------- properties


@pytest.fixture
def silent() -> Iterator[str]:
    """Endpoint that closes every connection without an answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            while True:
                try:
                    listening.accept()[0].close()
                except OSError:
                    return

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_connections_that_are_cut_are_told(moto, silent):
    lake = lake_in(moto.new_bucket(), AWS_ENDPOINT_URL=silent)
    with pytest.raises(StoreError, match="the store does not answer"):
        lake.version("bars")


def test_a_lake_never_shows_its_secret(bucket):
    lake = lake_in(bucket)
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    rows = lake.scan("bars")
    shown = [repr(lake), repr(lake._store), str(rows), rows.explain(), str(vars(lake))]
    assert not any(SECRET in text for text in shown)


# --------------------------------------------------------------------------------- validation


@pytest.fixture
def nothing_set(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in (*NONE_OF_OURS, "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_a_folder_needs_no_options(nothing_set):
    assert store_options("/prices", None) is None
    assert for_delta(None) is for_polars(None) is None


def test_a_region_is_assumed_where_none_is_said(nothing_set, tmp_path):
    assert store_options("s3://b/p", None) == {"AWS_REGION": "us-east-1"}
    nothing_set.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert store_options("s3://b/p", None) == {"AWS_REGION": "eu-west-1"}
    nothing_set.setenv("AWS_REGION", "eu-north-1")
    assert store_options("s3://b/p", None) == {"AWS_REGION": "eu-north-1"}
    (tmp_path / "none").write_text("[default]\nregion = eu-south-1\n", encoding="utf-8")
    nothing_set.delenv("AWS_REGION")
    nothing_set.delenv("AWS_DEFAULT_REGION")
    assert store_options("s3://b/p", None) == {}


def test_an_endpoint_without_tls_is_allowed_because_it_was_named(nothing_set):
    nothing_set.setenv("AWS_ENDPOINT_URL", "http://minio:9000")
    found = store_options("s3://b/p", None)
    assert (found["AWS_ALLOW_HTTP"], found["AWS_REGION"]) == ("true", "us-east-1")
    nothing_set.setenv("AWS_ENDPOINT_URL_S3", "https://minio:9000")
    found = store_options("s3://b/p", None)
    assert found["AWS_ENDPOINT_URL"] == "https://minio:9000"
    assert "AWS_ALLOW_HTTP" not in found


def test_what_is_given_goes_before_the_environment(nothing_set):
    nothing_set.setenv("AWS_ACCESS_KEY_ID", KEY)
    found = store_options("s3://b/p", {"AWS_ACCESS_KEY_ID": "given"})
    assert found["AWS_ACCESS_KEY_ID"] == "given"

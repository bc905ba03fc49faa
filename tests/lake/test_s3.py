"""The lake in a bucket, served by moto on the loopback."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.lake.builders import KEY, MONDAY, TUESDAY, daily_bars, stored, with_close

from hedgerow.errors import StoreError
from hedgerow.lake import Lake
from hedgerow.settings import Settings

pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("moto", "boto3", "flask"))),
    reason="needs moto[server,s3]",
)

SECRET = "never-shown"


@pytest.fixture(scope="module")
def bucket(root):
    """Options of a store that has one bucket, ``lake``."""
    import boto3

    command = [sys.executable, "-m", "tests.lake.moto_server"]
    server = subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    endpoint = f"http://127.0.0.1:{int(server.stdout.readline())}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="lake")
    client.close()
    yield {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }
    server.communicate("")


def lake_in(options: dict[str, str], uri: str) -> Lake:
    return Lake(
        uri, settings=Settings(_env_file=None, file_retention_days=0), storage_options=options
    )


# --------------------------------------------------------------------------------- regression


def test_a_lake_in_a_bucket_works_like_a_folder(bucket):
    lake = lake_in(bucket, "s3://lake/prices")
    bars = daily_bars("AAA", "BBB")
    assert lake.scan("bars").collect().is_empty()
    assert lake.tables() == []
    dirty = pl.concat([bars, with_close(bars.tail(1), 0, -1.0)])
    summary = lake.ingest("bars", dirty, source="test", ingested_at=MONDAY)
    assert (summary.loaded, summary.refused, summary.version) == (10, 1, 1)
    again = lake.ingest("bars", dirty, source="test", ingested_at=TUESDAY)
    assert (again.changed, again.version) == (False, 1)
    assert lake.merge("bars", with_close(bars, 1, 11.0), ingested_at=TUESDAY).corrected == 1
    assert lake.versions() == {"bars": 2, "bars_history": 1, "quarantine": 1}

    held = lake.bars_as_of(MONDAY).collect().sort(KEY)
    assert_frame_equal(held.select(bars.columns), bars.sort(KEY))
    lake.merge("bars", daily_bars("CCC"), ingested_at=TUESDAY)
    assert lake.compact("bars")[0].files_after == 1
    assert lake.vacuum()["bars"] == 3
    assert lake.clean_leftovers(older_than_hours=0).files == 0
    assert stored(lake).height == 15
    assert_frame_equal(lake.bars_as_of(MONDAY).collect().sort(KEY)[:10], held[:10])


def test_the_janitor_removes_objects_never_committed(bucket):
    import boto3

    lake = lake_in(bucket, "s3://lake/janitor")
    lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY)
    client = boto3.client(
        "s3",
        endpoint_url=bucket["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )
    client.put_object(Bucket="lake", Key="janitor/bars/part-lost.parquet", Body=b"x")
    client.close()
    assert lake.clean_leftovers().files == 0
    assert lake.clean_leftovers(older_than_hours=-1).files == 1
    assert stored(lake).height == 5


# --------------------------------------------------------------------------------- validation


def test_a_missing_bucket_is_named(bucket):
    lake = lake_in(bucket, "s3://elsewhere/prices")
    for attempt in (
        lambda: lake.scan("bars"),
        lake.tables,
        lambda: lake.merge("bars", daily_bars("AAA"), ingested_at=MONDAY),
    ):
        with pytest.raises(StoreError, match=r"s3://elsewhere/prices.*: the bucket does not exist"):
            attempt()


def test_secrets_stay_out_of_sight(bucket):
    lake = lake_in(bucket | {"AWS_ALLOW_HTTP": "false"}, "s3://lake/prices")
    with pytest.raises(StoreError, match="plain HTTP is off") as error:
        lake.version("bars")
    assert SECRET not in str(error.value) + repr(lake) + repr(lake._store)

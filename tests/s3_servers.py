"""S3 on the loopback: moto everywhere, and a real server where one was built."""

from __future__ import annotations

import importlib.util
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KEY, SECRET = "planted-access-key", "never-shown-secret"
MOTO, VERSITYGW = "moto", "versitygw"

_LIBRARIES = ("moto", "boto3", "flask")
_MISSING = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
_PATIENCE = 30.0
_NUMBERS = itertools.count()


def real_server() -> Path | None:
    """The newest versitygw that ``make services-test`` built; None where there is none."""
    built = sorted((ROOT / ".cache" / "services" / "s3").glob("versitygw-*"))
    return built[-1] if built else None


def why_not(kind: str) -> str:
    """Why a server cannot be had; empty where it can."""
    if _MISSING:
        return f"no S3 here: {' and '.join(_MISSING)} not installed"
    if kind == VERSITYGW and real_server() is None:
        return "no real S3 server here: build one with `make services-test`"
    return ""


@dataclass(frozen=True)
class S3:
    """A server, and how to reach it."""

    kind: str
    endpoint: str
    options: dict[str, str] = field(repr=False)

    def client(self, service: str = "s3") -> Any:
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )

    def new_bucket(self) -> Bucket:
        name = f"lake-{os.getpid()}-{next(_NUMBERS)}"
        client = self.client()
        client.create_bucket(Bucket=name)
        client.close()
        return Bucket(self, name)


@dataclass(frozen=True)
class Bucket:
    """An empty bucket of a test's own."""

    server: S3
    name: str

    @property
    def options(self) -> dict[str, str]:
        """``AWS_*`` names, as a lake takes them or the environment holds them."""
        return self.server.options

    def uri(self, prefix: str = "prices") -> str:
        return f"s3://{self.name}/{prefix}"

    def put(self, key: str, body: bytes) -> None:
        with self._client() as client:
            client.put_object(Bucket=self.name, Key=key, Body=body)

    def delete(self, key: str) -> None:
        with self._client() as client:
            client.delete_object(Bucket=self.name, Key=key)

    def objects(self) -> dict[str, tuple[str, Any]]:
        """ETag and time of last change of every object, by its key."""
        with self._client() as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
            listed = [one for page in pages for one in page.get("Contents", [])]
        return {one["Key"]: (one["ETag"], one["LastModified"]) for one in listed}

    @contextmanager
    def _client(self) -> Iterator[Any]:
        client = self.server.client()
        yield client
        client.close()


@contextmanager
def running(kind: str, folder: Path) -> Iterator[S3]:
    """A server of a kind, for as long as the block lasts."""
    with _moto() if kind == MOTO else _versitygw(folder) as port:
        endpoint = f"http://127.0.0.1:{port}"
        options = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }
        yield S3(kind, endpoint, options)


@contextmanager
def _moto() -> Iterator[int]:
    command = [sys.executable, "-m", "tests.lake.moto_server"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.communicate("")


@contextmanager
def _versitygw(folder: Path) -> Iterator[int]:
    port = free_port()
    for name in ("objects", "facts"):
        (folder / name).mkdir(parents=True)
    served = ["posix", "--sidecar", str(folder / "facts"), str(folder / "objects")]
    words = [str(real_server()), "--quiet", "--port", f"127.0.0.1:{port}", *served]
    identity = {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
    # Ends with its standard input: a test process that is killed leaves no server behind.
    with subprocess.Popen(
        ["sh", "-c", '"$@" >/dev/null 2>&1 & read -r _; kill $!', "sh", *words],
        env=os.environ | identity,
        stdin=subprocess.PIPE,
    ) as server:
        _wait_for(port)
        yield port
        server.communicate(b"")


def free_port() -> int:
    """A port of the loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _wait_for(port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)

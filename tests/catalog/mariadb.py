"""A MariaDB server of the tests' own: a private process on a loopback port."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNPACKED = ROOT / ".cache" / "services" / "mariadb"  # where tools/get_mariadb.sh puts it

WHY_NOT = "no MariaDB here: install one, or fetch it with `make services-test`"

_USER, _PASSWORD = "hedgerow", "planted-mariadb-password"
_PATIENCE = 60.0

# Every statement of the files below stands on lines of its own, as --bootstrap wants it.
_SYSTEM_TABLES = (
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
)


def server_program() -> Path | None:
    """The server to run: one of the machine's, else the unpacked one; None where there is none."""
    for name in ("mariadbd", "mysqld"):
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/libexec")
        if found and b"MariaDB" in _version(Path(found)):
            return Path(found).resolve()
    unpacked = UNPACKED / "usr" / "sbin" / "mariadbd"
    return unpacked if unpacked.is_file() else None


class Server:
    """A server in a folder; it can be stopped and started again over the same data.

    Attributes
    ----------
    url
        SQLAlchemy URL without a database.
    password
        What no message may show.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._port = _free_port()
        self.password = _PASSWORD
        self.url = f"mysql+pymysql://{_USER}:{_PASSWORD}@127.0.0.1:{self._port}"
        (folder / "data").mkdir()
        self._make_system_tables()
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        users = self._folder / "users.sql"
        users.write_text(
            f"CREATE USER IF NOT EXISTS {_USER}@'%' IDENTIFIED BY '{_PASSWORD}';\n"
            f"GRANT ALL ON *.* TO {_USER}@'%';\n"
        )
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._command(),
                    f"--port={self._port}",
                    "--bind-address=127.0.0.1",
                    "--skip-name-resolve",
                    f"--socket={self._folder / 'socket'}",
                    f"--pid-file={self._folder / 'pid'}",
                    f"--init-file={users}",
                ],
                stdout=log,
                stderr=log,
                env=_environment(),
            )
        self._wait()

    def stop(self, *, kill: bool = False) -> None:
        """Stop as an administrator does, or at once as a power cut does."""
        if self._process is not None:
            (self._process.kill if kill else self._process.terminate)()
            self._process.wait()
            self._process = None

    def _command(self) -> list[str]:
        base = self._program.parents[1]
        return [
            str(self._program),
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--basedir={base}",
            f"--lc-messages-dir={base / 'share' / 'mysql'}",
            f"--datadir={self._folder / 'data'}",
            "--innodb-log-file-size=64M",
            "--innodb-flush-log-at-trx-commit=2",
            # As on many servers in use: what the catalog needs must not come from the default.
            "--character-set-server=latin1",
        ]

    def _make_system_tables(self) -> None:
        scripts = self._program.parents[1] / "share" / "mysql"
        script = "CREATE DATABASE mysql;\nUSE mysql;\n"
        script += "".join((scripts / name).read_text() for name in _SYSTEM_TABLES)
        made = subprocess.run(
            [*self._command(), "--bootstrap"],
            input=script.encode(),
            capture_output=True,
            env=_environment(),
            check=False,
        )
        assert made.returncode == 0, made.stderr.decode(errors="replace")[-2000:]

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=1) as greeting:
                    if greeting.recv(1):
                        return
            except OSError:
                time.sleep(0.05)
        log = (self._folder / "log").read_text(errors="replace")
        raise RuntimeError(f"MariaDB did not start: {log[-2000:]}")


def _environment() -> dict[str, str]:
    folders = sorted({str(path.parent) for path in UNPACKED.rglob("*.so.*")})
    known = os.environ.get("LD_LIBRARY_PATH")
    return {**os.environ, "LD_LIBRARY_PATH": ":".join([*folders, *([known] if known else [])])}


def _version(program: Path) -> bytes:
    asked = subprocess.run([program, "--version"], capture_output=True, check=False)
    return asked.stdout


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])

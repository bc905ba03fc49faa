"""A stand-in for S3 on the loopback; run as a module, it serves until its input closes.

In a process of its own: the storage library may hold the interpreter while it waits.
"""

from __future__ import annotations

import logging
import sys

from moto.server import ThreadedMotoServer


def serve() -> None:
    """Print the port, then wait."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)  # noqa: T201 the test reads it
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    serve()

"""Fake vendors over real HTTP, with scripted faults and a fixed clock.

Use them to test a source of your own, or to work without a key::

    with FakeMassive() as fake:
        settings = Settings(massive_url=fake.url)
"""

from hedgerow.testing.vendors import faults
from hedgerow.testing.vendors.server import FakeServer, Request, Response
from hedgerow.testing.vendors.world import Company, World

__all__ = ["Company", "FakeServer", "Request", "Response", "World", "faults"]

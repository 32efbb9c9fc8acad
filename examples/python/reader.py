"""Shared by the examples over NATS: the address of the server, and the login.

They are `reader`, the user for programs of others (deploy/nats.conf): it reads what comes out and
asks what can be asked, and may do nothing else.
"""

import argparse
import asyncio
import pathlib

import nats

# The inbox of this user; it may subscribe to no other.
INBOX = b"_INBOX_reader"
# The longest wait for an answer, in seconds: the server may be busy.
PATIENCE = 60


async def connect(told):
    """A connection as `reader`."""
    password = pathlib.Path(told.password_file).read_text().strip()
    return await nats.connect(
        told.nats,
        user="reader",
        password=password,
        inbox_prefix=INBOX,
        connect_timeout=PATIENCE,
    )


def run(main, about, *options):
    """Reads the command line, connects, and runs `main` with both."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nats", default="nats://127.0.0.1:4222", help="the server's address")
    parser.add_argument("--password-file", required=True, help="the password of user reader")
    for name, settings in options:
        parser.add_argument(name, **settings)
    told = parser.parse_args()

    async def connected():
        client = await connect(told)
        try:
            return await main(client, told)
        finally:
            await client.close()

    raise SystemExit(asyncio.run(connected()))

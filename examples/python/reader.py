"""What the examples over NATS share: how they are told where the server is, and how they log in.

They are `reader`, the user for programs of others (deploy/nats.conf): it reads what comes out and
asks what can be asked, and may do nothing else.
"""

import argparse
import asyncio
import pathlib

import nats

# Where answers to this user come in; it may listen nowhere else.
INBOX = b"_INBOX_reader"
# So many seconds the server may take for an answer before this gives up: it may have much to do.
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

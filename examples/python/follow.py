"""Follows wirefold's output stream over NATS, one line an article.

Durably: the server remembers how far the reader `reader` has come. What is not acknowledged comes
again, so end this and start it again, and it goes on where it was.

    python3 examples/python/follow.py --password-file reader.password
"""

import argparse
import asyncio
import json
import pathlib

import nats
from nats.errors import TimeoutError as NothingNew

# `wirefold setup` makes this reader; the user `reader` may use it and make none of its own.
STREAM, DURABLE, INBOX = "WF_OUTPUT", "reader", b"_INBOX_reader"


def line(subject, body):
    """What an article is, in short; changes to stories stand in the stream, too."""
    if not subject.startswith("wirefold.v1.output.article."):
        return f"({subject.rsplit('.', 1)[-1]})"
    article, verdict = body["article"], body["verdict"]
    return f"{verdict['class']:8} {article['outlet']:24} {article['title']}"


async def follow(arguments):
    password = pathlib.Path(arguments.password_file).read_text().strip()
    client = await nats.connect(
        arguments.nats, user="reader", password=password, inbox_prefix=INBOX
    )
    reader = await client.jetstream().pull_subscribe_bind(DURABLE, STREAM)
    left = arguments.count
    while left != 0:
        try:
            messages = await reader.fetch(min(left, 100) if left > 0 else 100, timeout=5)
        except NothingNew:
            continue
        for message in messages:
            print(line(message.subject, json.loads(message.data)), flush=True)
            # Only now: had the line not been printed, it would come again.
            await message.ack_sync()
            left -= 1
    await client.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nats", default="nats://127.0.0.1:4222")
    parser.add_argument("--password-file", required=True)
    parser.add_argument("--count", type=int, default=-1, help="end after so many messages")
    asyncio.run(follow(parser.parse_args()))

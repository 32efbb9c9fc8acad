"""Follows wirefold's output stream over NATS, one line for each article.

Durably: the server remembers how far the reader `reader` has come. What is not acknowledged comes
again, so end this and start it again, and it goes on where it was.

    python3 examples/python/follow.py --password-file reader.password
"""

import asyncio
import json

import reader

# `wirefold setup` creates this consumer; the user `reader` may use it, and create none.
STREAM, DURABLE = "WF_OUTPUT", "reader"


def line(subject, body):
    """An article in one line. The stream also has changes to stories."""
    if not subject.startswith("wirefold.v1.output.article."):
        return f"({subject.rsplit('.', 1)[-1]})"
    article, verdict = body["article"], body["verdict"]
    return f"{verdict['class']:8} {article['outlet']:24} {article['title']}"


async def follow(client, told):
    stream = client.jetstream(timeout=reader.PATIENCE)
    output = await stream.pull_subscribe_bind(DURABLE, STREAM)
    left = told.count
    # A message may come twice after a crash on either side; its id never changes. A program that must
    # handle each message once stores these ids with its results, for example in the same transaction.
    known = set()
    while left != 0:
        try:
            messages = await output.fetch(min(left, 100) if left > 0 else 100, timeout=5)
        except asyncio.TimeoutError:
            # No new message.
            continue
        for message in messages:
            message_id = message.headers["Nats-Msg-Id"]
            if message_id in known:
                await message.ack()
                continue
            known.add(message_id)
            body = json.loads(message.data)
            print(json.dumps(body) if told.json else line(message.subject, body), flush=True)
            # Acknowledged only now: without the line above, the message must come again.
            await message.ack_sync(timeout=reader.PATIENCE)
            left -= 1
    return 0


if __name__ == "__main__":
    count = ("--count", {"type": int, "default": -1, "help": "end after so many messages"})
    whole = ("--json", {"action": "store_true", "help": "print each message as it came"})
    reader.run(follow, __doc__, count, whole)

"""Prints the headers of messages as another client gets them: a JSON object a line."""

import json

import reader


async def headers(client, told):
    stream = client.jetstream(timeout=reader.PATIENCE)
    consumer = await stream.pull_subscribe_bind("reader", told.stream)
    for _ in range(told.count):
        [message] = await consumer.fetch(1, timeout=reader.PATIENCE)
        line = {"subject": message.subject, "headers": message.headers}
        print(json.dumps(line | {"body": json.loads(message.data)}))
        await message.ack_sync(timeout=reader.PATIENCE)
    return 0


if __name__ == "__main__":
    reader.run(headers, __doc__, ("stream", {}), ("count", {"type": int}))

"""Prints the headers of messages as another client gets them: a JSON object a line."""

import json

import reader


async def headers(client, told):
    consumer = await client.jetstream().pull_subscribe_bind("reader", told.stream)
    for _ in range(told.count):
        [message] = await consumer.fetch(1, timeout=60)
        line = {"subject": message.subject, "headers": message.headers}
        print(json.dumps(line | {"body": json.loads(message.data)}))
        await message.ack_sync()
    return 0


if __name__ == "__main__":
    reader.run(headers, __doc__, ("stream", {}), ("count", {"type": int}))

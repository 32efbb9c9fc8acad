"""Prints the health of each stage of wirefold over NATS: one line for each instance.

The same is told by `nats micro ls`, `nats micro stats` and `nats micro info`.

    python3 examples/python/services.py --password-file reader.password
"""

import asyncio
import json

from nats.micro.service import ServiceStats

import reader


async def all_of(client, subject, wait):
    """All answers, until none has come for this time."""
    inbox = client.new_inbox()
    answers = await client.subscribe(inbox)
    await client.publish(subject, reply=inbox)
    found = []
    while True:
        try:
            answer = await answers.next_msg(timeout=wait)
        except asyncio.TimeoutError:
            return found
        # An answer without a body is from the server: there is no listener.
        if not answer.data:
            return found
        found.append(json.loads(answer.data))


async def services(client, told):
    stages = [ServiceStats.from_dict(it) for it in await all_of(client, "$SRV.STATS", told.wait)]
    ours = [stage for stage in stages if stage.name.startswith("wirefold-")]
    for stage in sorted(ours, key=lambda stage: (stage.name, stage.id)):
        health = await client.request(stage.endpoints[0].subject, timeout=reader.PATIENCE)
        counted = stage.endpoints[0].data
        line = {
            "name": stage.name,
            "id": stage.id,
            "version": stage.version,
            "ready": json.loads(health.data)["ok"],
            "handled": counted["handled"],
            "dead_letters": counted["dead_letters"],
            "lag": counted["lag"],
            "requests": {it.name: it.num_requests for it in stage.endpoints},
        }
        print(json.dumps(line))
    return 0 if ours else 1


if __name__ == "__main__":
    wait = ("--wait", {"type": float, "default": 2.0, "help": "seconds without an answer to end"})
    reader.run(services, __doc__, wait)

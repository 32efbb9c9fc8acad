"""Prints one of wirefold's tables: a JSON object in each line, with its key.

    python3 examples/python/tables.py --password-file reader.password wf_stories

wf_stories has the state of each story, wf_feeds the health of each feed, wf_subscriptions the subscriptions.
One story alone: --key story.s-...
"""

import json

import reader

# Other keys in the tables are internal.
PREFIXES = {"wf_stories": "story.", "wf_feeds": "feed.", "wf_subscriptions": "subscription."}


async def tables(client, told):
    stream = client.jetstream(timeout=reader.PATIENCE)
    table = await stream.key_value(told.table)
    if told.key:
        keys = [told.key]
    else:
        # Clients list keys through consumers, which `reader` may not create. The subjects show the keys, too.
        before = f"$KV.{told.table}."
        filled = await stream.stream_info(f"KV_{told.table}", subjects_filter=f"{before}>")
        subjects = filled.state.subjects or {}
        keys = sorted(subject.removeprefix(before) for subject in subjects)
    for key in keys:
        if key.startswith(PREFIXES[told.table]):
            entry = await table.get(key)
            print(json.dumps({"key": key} | json.loads(entry.value)))
    return 0


if __name__ == "__main__":
    table = ("table", {"choices": list(PREFIXES), "help": "the table"})
    reader.run(tables, __doc__, table, ("--key", {"help": "one key alone"}))

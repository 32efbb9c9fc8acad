"""Half of the requests name what is stored: random ids would find nothing."""

import functools
import json
import urllib.request

import schemathesis

LISTS = {
    "event": ("events", lambda it: it["id"]),
    "story": ("stories", lambda it: it["id"]),
    "article": ("stories", lambda it: it["lead"]),
    "alert": ("alerts", lambda it: it["alert"]["id"]),
    "feed": ("feeds", lambda it: it["feed"]["id"]),
    "subscription": ("subscriptions", lambda it: it["subscription"]["id"]),
    "delivery": ("deliveries", lambda it: it["name"]),
}


@functools.cache
def stored(base, parameter):
    name, id_of = LISTS[parameter]
    with urllib.request.urlopen(f"{base.rstrip('/')}/api/v1/{name}") as answer:
        return [id_of(it) for it in json.load(answer)[name]]


@schemathesis.hook
def map_path_parameters(context, values):
    for name, value in (values or {}).items():
        ids = stored(context.operation.base_url, name) if name in LISTS else []
        number = sum(str(value).encode())
        if ids and number % 2:
            values[name] = ids[number % len(ids)]
    return values


def with_integers(value):
    """JSON Schema calls 7.0 an integer. The JSON readers of most languages, such as ours, do not."""
    if isinstance(value, dict):
        return {name: with_integers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_integers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def map_body(_context, body):
    return with_integers(body)

"""Pushes two articles into a running wirefold and says whether the second folds into the first.

    python3 examples/python/push.py [http://127.0.0.1:8787]
"""

import json
import sys
import urllib.request

BASE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8787"

PASSAGE = (
    "The harbour board voted on Thursday night to close the older of the two swing bridges for "
    "eleven weeks while its bearings are taken out, measured and replaced. Lorries over nine tonnes "
    "will go round by the northern quay, and the night ferry sails half an hour earlier until the "
    "work is done. The board puts the cost at four million crowns, a third of it borrowed."
)


def ask(path, body=None):
    """One request; with a body it is a POST of JSON."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{BASE}/api/v1/{path}", data, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


first = {"id": "bridge-1", "outlet": "quay.example", "title": "Bridge to close", "text": PASSAGE}
second = {
    "id": "bridge-2",
    "outlet": "inland.example",
    "title": "Eleven weeks without the bridge",
    "text": "Our readers have asked what is planned. " + PASSAGE,
}

for article in (first, second):
    pushed = ask("articles", article)["articles"][0]
    print(f"{pushed['id']} {pushed['outcome']}")

compared = ask("compare", {"a": {"text": first["text"]}, "b": {"text": second["text"]}})
print(f"relation: {compared['relation']}")

"""Compares two texts with a running wirefold over NATS.

The body and the answer are those of POST /api/v1/compare.

    python3 examples/python/compare.py --password-file reader.password one.txt two.txt
"""

import json
import pathlib
import sys

import reader

SUBJECT = "wirefold.v1.compare"


async def compare(client, told):
    earlier, later = (pathlib.Path(path).read_text() for path in (told.earlier, told.later))
    body = json.dumps({"a": {"text": earlier}, "b": {"text": later}}).encode()
    answer = await client.request(SUBJECT, body, timeout=reader.PATIENCE)
    # An error is in the headers of the answer, and its body has advice.
    headers = answer.headers or {}
    if "Nats-Service-Error" in headers:
        code, why = headers["Nats-Service-Error-Code"], headers["Nats-Service-Error"]
        print(f"refused with {code}: {why}", file=sys.stderr)
        return 1
    compared = json.loads(answer.data)
    print(f"relation: {compared['relation']}\n{compared['words']}")
    for passage in compared["passages"]:
        print(f"{passage['words']:4} words: {passage['b']['text']}")
    return 0


if __name__ == "__main__":
    texts = [("earlier", {"help": "a file with the earlier text"}), ("later", {"help": "the later"})]
    reader.run(compare, __doc__, *texts)

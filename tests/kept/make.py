#!/usr/bin/env python3
"""Makes the kept data of one version of wirefold: see README.md beside this file.

    python3 tests/kept/make.py --wirefold target/release/wirefold --commit df61e7c

It serves the articles of `seeds/articles.jsonl` as the feeds of eight papers, through a proxy on
loopback that stands in for all their hosts, lets the given binary run on them twice (`up`, and
`up --nats`), gives commands (split, merge, prefer, apart, mute), and keeps what was stored
under tests/kept/VERSION-COMMIT. Python's standard library is all it needs, with a nats-server and zstd.
"""

import argparse
import atexit
import base64
import collections
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zlib
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PATIENCE = 120

# These feeds give a teaser only, so that pages are fetched.
TEASERS = ("coast-dispatch", "harbor-ledger")
# These feeds are not configured, but named by a list of feeds.
LISTED = ("jianghai-bao", "ridnyi-visnyk")
# This feed is added by command.
ADDED = "al-marsa"
# This article stands on the second page of its feed's archive only.
ARCHIVED = "vh-02"
# This article comes through the API and by no feed.
PUSHED = "or-03"
LIST = "http://lists.example/coast.opml"
# More than the detector keeps in memory.
SENTENCES = 1030
# Keeps for ever what it keeps: the fixtures are opened long after.
LONG = "3650d"

SETTINGS = """\
# The settings under which the kept data was made, and under which the tests open it. PROXY and HOOK
# stand for addresses on loopback of whoever runs it.
data = "data"
window = "{long}"
log = "info"
log_format = "text"

[keep]
output = "{long}"
alerts = "{long}"

[fetcher]
min_interval = "1s"
max_interval = "1s"
per_host_delay = "0s"
allow_private = ["127.0.0.0/8"]

[[source]]
path = "dropped"

[[delivery]]
name = "desk"
kind = "webhook"
url = "http://HOOK/hook"
secret = ["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
feed_digest = true

[[subscription]]
id = "port"
name = "Port and ferry"
query = "dock OR ferry OR harbour OR harbor"
deliveries = ["desk"]
group_wait = "0s"
update_interval = "0s"

[[subscription]]
id = "stories"
name = "Every story"
query = "*"
group_by = "story"
on = ["new", "outlets+2", "material"]
deliveries = ["desk"]
group_wait = "1s"
update_interval = "2s"

[[opml]]
url = "{list}"
every = "1d"
"""


def feed_host(feed, articles):
    return "www." + next(it["outlet"] for it in articles if it["feed"] == feed)


class Papers:
    """Eight papers: which of their articles are out, and their feeds and pages."""

    def __init__(self, articles):
        self.articles = articles
        self.feeds = list(dict.fromkeys(it["feed"] for it in articles))
        self.out = []
        self.hooked = []
        self.lock = threading.Lock()

    def url(self, feed):
        return f"http://{feed_host(feed, self.articles)}/feed.xml"

    def release(self, article):
        with self.lock:
            self.out.append(article)

    def listed(self, feed):
        """The last version of each item that is out, newest first."""
        items = {}
        for article in self.out:
            if article["feed"] == feed:
                items.pop(article["url"], None)
                items[article["url"]] = article
        return list(items.values())[::-1]

    def answer(self, url):
        """Status, type and body."""
        with self.lock:
            if url == LIST:
                return 200, "text/x-opml", self.opml()
            for feed in self.feeds:
                if url == self.url(feed):
                    older = url + "?page=2" if feed == self.archived()["feed"] else None
                    return 200, "application/rss+xml", self.rss(feed, self.listed(feed), older)
                if url == self.url(feed) + "?page=2" and feed == self.archived()["feed"]:
                    return 200, "application/rss+xml", self.rss(feed, [self.archived()], None)
            for article in reversed(self.out):
                if url == plain(article["url"]):
                    return 200, "text/html; charset=utf-8", page(article)
        return 404, "text/plain", "nothing here"

    def web(self):
        """Every feed and list as it stands, by its address."""
        older = self.url(self.archived()["feed"]) + "?page=2"
        return {it: self.answer(it)[1:] for it in [LIST, older, *map(self.url, self.feeds)]}

    def archived(self):
        return next(it for it in self.articles if it["id"] == ARCHIVED)

    def rss(self, feed, articles, older):
        first = next(it for it in self.articles if it["feed"] == feed)
        site = plain(first["url"]).split("/", 3)[:3]
        link = f'<atom:link rel="next" href="{older}"/>' if older else ""
        items = "".join(item(it, feed in TEASERS) for it in articles)
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
            ' xmlns:atom="http://www.w3.org/2005/Atom"'
            ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
            f'<title>{escape(first["outlet"])}</title><link>{"/".join(site)}/</link>'
            f'<language>{first["lang"]}</language>{link}{items}</channel></rss>'
        )

    def opml(self):
        feeds = "".join(f'<outline text="{it}" xmlUrl="{self.url(it)}"/>' for it in LISTED)
        return f'<opml version="2.0"><body><outline text="Far">{feeds}</outline></body></opml>'


def plain(url):
    """The papers' pages without TLS: the proxy has no certificates."""
    return url.replace("https://", "http://", 1)


def item(article, teases):
    paragraphs = [it for it in article["text"].split("\n") if it.strip()]
    body = "".join(f"<p>{escape(it)}</p>" for it in paragraphs)
    teaser = " ".join(max(paragraphs[:3], key=len).split()[:30]) + " …"
    content = "" if teases else f"<content:encoded>{escape(body)}</content:encoded>"
    author = article.get("author")
    date = time.strptime(article["published"], "%Y-%m-%dT%H:%M:%SZ")
    return (
        f'<item><title>{escape(article["title"])}</title><link>{plain(article["url"])}</link>'
        f'<guid isPermaLink="false">{article["url"]}</guid>'
        f'<pubDate>{time.strftime("%a, %d %b %Y %H:%M:%S GMT", date)}</pubDate>'
        + (f"<dc:creator>{escape(author)}</dc:creator>" if author else "")
        + f'<dc:language>{article["lang"]}</dc:language>'
        f"<description>{escape(teaser)}</description>{content}</item>"
    )


def page(article):
    body = "".join(f"<p>{escape(it)}</p>" for it in article["text"].split("\n") if it.strip())
    title = escape(article["title"])
    return (
        f'<!doctype html><html lang="{article["lang"]}"><head><meta charset="utf-8">'
        f"<title>{title}</title>"
        f'<meta property="article:published_time" content="{article["published"]}"></head><body>'
        f'<header><nav><a href="/">{article["outlet"]}</a></nav></header><main><article>'
        f'<h1>{title}</h1>{body}</article></main><footer>{article["outlet"]}</footer></body></html>'
    )


class Threads(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def serve(papers):
    """The proxy in front of the papers, which takes the alerts too. Gives its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def reply(self, status, kind, body, tag=None):
            body = body.encode() if isinstance(body, str) else body
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            if tag:
                self.send_header("etag", tag)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            url = self.path
            if url.startswith("/"):
                url = f'http://{self.headers["host"]}{url}'
            status, kind, body = papers.answer(url)
            tag = f'"{zlib.crc32(body.encode()):08x}"' if status == 200 else None
            if tag and self.headers.get("if-none-match") == tag:
                return self.reply(304, kind, "", tag)
            self.reply(status, kind, body, tag)

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            papers.hooked.append(json.loads(body))
            self.reply(204, "text/plain", "")

    server = Threads(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "127.0.0.1:%d" % server.server_address[1]


def settings(papers):
    """The settings, with PROXY and HOOK in place of addresses."""
    text = SETTINGS.format(long=LONG, list=LIST)
    for feed in papers.feeds:
        if feed not in LISTED and feed != ADDED:
            text += (
                f'\n[[feed]]\nid = "{feed}"\nurl = "{papers.url(feed)}"\n'
                f'outlet = "{feed_host(feed, papers.articles)[4:]}"\ngroup = "papers"\n'
            )
    hosts = ["lists.example"] + [feed_host(it, papers.articles) for it in papers.feeds]
    for host in hosts:
        text += f'\n[[access]]\nurl = "http://{host}/"\nproxy = "http://PROXY"\n'
    return text


class Run:
    """A folder that the binary runs in."""

    def __init__(self, binary, papers, nats_server=None):
        self.binary, self.papers, self.nats_server = binary, papers, nats_server
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wirefold-kept-"))
        self.data = self.folder / "data"
        (self.folder / "dropped").mkdir()
        at = serve(papers)
        self.template = settings(papers)
        text = self.template.replace("PROXY", at).replace("HOOK", at)
        (self.folder / "wirefold.toml").write_text(text)
        self.environment = dict(os.environ, XDG_CONFIG_HOME=str(self.folder), NO_COLOR="1")
        if nats_server:
            beside = str(pathlib.Path(nats_server).resolve().parent)
            self.environment["PATH"] = beside + ":" + os.environ["PATH"]
        self.up = None

    def start(self):
        arguments = ["up", "--config", "wirefold.toml", "--listen", "127.0.0.1:0"]
        arguments += ["--operations", "127.0.0.1:0"] + (["--nats"] if self.nats_server else [])
        self.up = subprocess.Popen(
            [self.binary] + arguments,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.up.kill)
        for line in self.up.stderr:
            if "page http://" in line:
                self.page = line.split("page ")[1].strip()
                break
        else:
            sys.exit("it did not start")
        threading.Thread(target=self.log, daemon=True).start()

    def log(self):
        with open(self.folder / "log.txt", "a") as kept:
            for line in self.up.stderr:
                kept.write(line)

    def stop(self):
        self.up.send_signal(signal.SIGTERM)
        if self.up.wait(PATIENCE) != 0:
            sys.exit(f"it ended with {self.up.returncode}: see {self.folder}/log.txt")

    def call(self, *arguments, codes=(0,)):
        """Runs a command; gives what it printed."""
        command = [self.binary, *arguments, "--config", "wirefold.toml"]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        if done.returncode not in codes:
            sys.exit(f"{' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def get(self, path):
        with urllib.request.urlopen(self.page + path) as answer:
            return json.load(answer)

    def post(self, path, body):
        request = urllib.request.Request(
            self.page + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def until(self, what, is_so):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = is_so()
            if found:
                return found
            time.sleep(0.05)
        sys.exit(f"nothing came of it: {what}; see {self.folder}/log.txt")

    def articles(self):
        return self.get("/api/v1/status")["articles"]


def tell(run):
    """Lets everything come in, one article after the other, so that the order is always the same,
    and gives the commands. Returns the ids that are redirected by then."""
    papers = run.papers
    rest = [it for it in papers.articles if it["id"] not in (ARCHIVED, PUSHED)]
    # The first of each feed is its baseline.
    first = list({it["feed"]: it for it in reversed(rest)}.values())
    for article in first:
        papers.release(article)
    run.start()
    run.call("feed", "add", papers.url(ADDED), "--id", ADDED)
    run.call("sub", "add", "Recalls", "--query", "recall AND vans", "--group-wait", "0s")
    run.call("sub", "add", "Launches", "--query", "launch OR rocket", "--group-wait", "0s")
    run.call("sub", "add", "Gone", "--query", "pensions")
    run.call("sub", "rm", "gone")
    run.until("all feeds are read", lambda: run.articles() == len(first))
    later = [it for it in rest if it not in first]
    for count, article in enumerate(later):
        papers.release(article)
        expected = len(first) + count + 1
        run.until(article["id"], lambda: run.articles() == expected)
        if count == len(later) // 4:
            # Early, so that there is a snapshot after which more was decided.
            interrupt(run)
    pushed = next(it for it in papers.articles if it["id"] == PUSHED)
    run.post(
        "/api/v1/articles",
        {key: pushed[key] for key in ("id", "url", "title", "text", "outlet", "published")},
    )
    run.until("pushed", lambda: run.articles() == len(rest) + 1)
    run.call("feed", "backfill", papers.archived()["feed"])
    run.until("backfilled", lambda: run.articles() == len(rest) + 2)
    return regroup(run)


def interrupt(run):
    """Stops and starts it, and puts in what no command says: mutes, and a message that is broken."""
    if run.nats_server:
        nats = Nats(run.data)
        for message in [*MUTES, BROKEN]:
            nats.publish(message)
        run.stop()
    else:
        run.stop()
        insert(run.data, "WF_CONTROL", MUTES)
        insert(run.data, "WF_FETCHED", [BROKEN])
    run.start()


def wait_for_alerts(run):
    """Waits until no more alerts come: the longest wait of a subscription has gone by."""
    notified = -1
    while notified != len(run.papers.hooked):
        notified = len(run.papers.hooked)
        time.sleep(4)


def command(verb, **rest):
    """A command for WF_CONTROL as its bytes, for what no verb of the command line says."""
    body = {
        "schema": "wirefold.control/1",
        "id": f"kept-{verb}-{rest.get('subscription', '')}",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "by": "kept",
        "command": {"do": verb, **rest},
    }
    return body["id"], f"wirefold.v1.control.{verb}", json.dumps(body).encode()


MUTES = [
    command("subscription.mute", subscription="recalls"),
    command("subscription.mute", subscription="launches", until="2100-01-01T00:00:00Z"),
]
# No article: it becomes a dead letter.
BROKEN = ("kept-broken", "wirefold.v1.article.fetched.kept", b'{"schema":"wirefold.article.fetched/1"}')


def regroup(run):
    """Gives the overrides. Returns the ids that are redirected by then."""
    urls = {it["id"]: it["url"] for it in run.papers.articles}

    def of(article):
        """The story and the id of a seed article."""
        asked = urllib.request.quote(plain(urls[article]), safe="")
        found = run.get(f"/api/v1/articles?url={asked}")["articles"][0]
        return found["story"], found["id"]

    run.call("story", "split", *of("recall-03"))
    run.call("story", "prefer", of("st-01")[0], "meridianpost.example")
    stories = [of("vaccine-01")[0], of("vaccine-03")[0]]
    run.call("story", "merge", *stories)
    run.call("story", "apart", of("launch-01")[1], of("launch-02")[1])
    events = [run.get(f"/api/v1/stories/{of(it)[0]}")["story"]["event"] for it in ("br-01", "or-01")]
    run.call("story", "merge", *events)
    return stories + events


def ids(run, led):
    """What the tests hold later versions to."""
    listed = []
    after = ""
    while True:
        answer = run.get("/api/v1/stories?limit=100" + after)
        listed += answer["stories"]
        if not answer.get("next"):
            break
        after = "&cursor=" + urllib.request.quote(answer["next"])
    stories = []
    for story in sorted(listed, key=lambda it: it["id"]):
        shown = run.get(f'/api/v1/stories/{story["id"]}')
        stories.append(
            {
                "id": story["id"],
                "event": story["event"],
                "lead": story["lead"],
                "articles": sorted(it["id"] for it in shown["articles"]),
            }
        )
    alerts = run.get("/api/v1/alerts?limit=100")["alerts"]
    alerts = [it["alert"] for it in alerts]
    alerts = [{key: it[key] for key in ("id", "subscription", "target", "revision")} for it in alerts]
    leads = {old: run.get(address(old)) for old in led}
    leads = {old: (it.get("story") or it.get("event"))["id"] for old, it in leads.items()}
    subscriptions = run.get("/api/v1/subscriptions")["subscriptions"]
    subscriptions = {
        it["subscription"]["id"]: it.get("muted_until", it.get("muted")) for it in subscriptions
    }
    return {
        "articles": run.articles(),
        "stories": stories,
        "alerts": sorted(alerts, key=lambda it: it["id"]),
        "hooked": sorted({f'{it["id"]}/{it["revision"]}' for it in run.papers.hooked}),
        "leads": leads,
        "subscriptions": subscriptions,
        "feeds": {it["feed"]["id"]: it["feed"]["url"] for it in run.get("/api/v1/feeds")["feeds"]},
        "dead": len(run.get("/api/v1/dead")["dead"]),
    }


def address(id):
    return f'/api/v1/{"stories" if id.startswith("s-") else "events"}/{id}'



# --- the embedded form


def packed(headers):
    """Headers as the embedded bus stores them: each text after its length."""
    texts = [text.encode() for pair in headers for text in pair]
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)


def insert(data, stream, messages):
    """Puts messages into the file of a bus that nobody runs on, as its writer would."""
    bus = sqlite3.connect(data / "bus.sqlite")
    number, last = bus.execute("SELECT number, last FROM streams WHERE name = ?", [stream]).fetchone()
    now = int(time.time() * 1000)
    for id, subject, body in messages:
        last += 1
        key = (number << 48) | last
        row = (key, now, subject, id, packed([]), body)
        bus.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)", row)
        bus.execute(
            "UPDATE streams SET last = ?, messages = messages + 1, bytes = bytes + ?, last_id = ?"
            " WHERE number = ?",
            [last, len(subject) + len(body), id, number],
        )
    bus.commit()
    bus.close()


def keep_folder(data, to):
    """Each file of a data folder by itself, packed. The log of the projection is written into its
    file before, as its next opening would do: it holds each page many times."""
    if (data / "gateway.db").exists():
        projection = sqlite3.connect(data / "gateway.db")
        projection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        projection.close()
    for path in sorted(data.rglob("*")):
        if path.is_file():
            keep(to / (str(path.relative_to(data)) + ".zst"), path.read_bytes())


def keep(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(["zstd", "--ultra", "-22", "-q"], input=data, capture_output=True)
    if packed.returncode:
        sys.exit(packed.stderr.decode())
    path.write_bytes(packed.stdout)


def keep_text_store(binary, articles, to):
    """A data folder with so many articles that texts are put into files. They are sentences of the
    seeds, the shortest first."""
    run = Run(binary, Papers(articles))
    events = [json.loads(line) for line in (ROOT / "seeds/events.jsonl").open()]
    texts = [text for it in articles + events for text in re.split(r"(?<=[.!?])\s+", it["text"])]
    texts = sorted({it for it in texts if len(it.split()) > 3}, key=lambda it: (len(it), it))
    with open(run.folder / "sentences.jsonl", "w") as given:
        for number, text in enumerate(texts[:SENTENCES]):
            given.write(json.dumps({"id": str(number), "text": text}) + "\n")
    text = f'data = "data"\nwindow = "{LONG}"\n\n[keep]\noutput = "{LONG}"\nalerts = "{LONG}"\n'
    source = '\n[[source]]\npath = "sentences.jsonl"\n'
    (run.folder / "wirefold.toml").write_text(text + source)
    run.start()
    run.until("all sentences", lambda: run.articles() == SENTENCES)
    run.stop()
    if not list((run.data / "wf_texts").iterdir()):
        sys.exit("no text was put into a file")
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    (to / "wirefold.toml").write_text(text)
    for name in ["gateway.db", "gateway.db-wal", "gateway.db-shm"]:
        # It can be made anew, and is large.
        (run.data / name).unlink(missing_ok=True)
    keep_folder(run.data, to / "data")
    shutil.rmtree(run.folder)
    print(f"shelved: {SENTENCES} sentences")


# --- the form over NATS


class Nats:
    """As much of a NATS client as is needed to read what a server keeps."""

    def __init__(self, data):
        text = (data / "nats/nats.conf").read_text()
        host, port = re.search(r'listen: "(.*):(\d+)"', text).groups()
        password = re.search(r'password: "(.*?)"', text).group(1)
        self.socket = socket.create_connection((host, int(port)))
        self.file = self.socket.makefile("rb")
        self.file.readline()
        options = {"user": "wirefold", "pass": password, "verbose": False, "headers": True}
        self.send(f"CONNECT {json.dumps(options)}\r\nSUB kept.inbox 1\r\n".encode())

    def send(self, data):
        self.socket.sendall(data)

    def ask(self, subject, body=b"", headers=()):
        """A request, and the body of its answer."""
        if headers:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
            head = f"NATS/1.0\r\n{lines}\r\n".encode()
            line = f"HPUB {subject} kept.inbox {len(head)} {len(head) + len(body)}\r\n"
            self.send(line.encode() + head + body + b"\r\n")
        else:
            self.send(f"PUB {subject} kept.inbox {len(body)}\r\n".encode() + body + b"\r\n")
        while True:
            line = self.file.readline().decode().split()
            if line[0] == "PING":
                self.send(b"PONG\r\n")
            elif line[0] == "MSG":
                answer = self.file.read(int(line[-1]) + 2)[:-2]
                return json.loads(answer)
            elif line[0] == "HMSG":
                answer = self.file.read(int(line[-1]) + 2)[:-2]
                sys.exit(f"{subject}: {answer[:200]}")
            elif line[0] == "-ERR":
                sys.exit(" ".join(line))

    def publish(self, message):
        id, subject, body = message
        answer = self.ask(subject, body, [("Nats-Msg-Id", id)])
        if "seq" not in answer:
            sys.exit(f"{subject}: {answer}")

    def streams(self):
        return sorted(self.ask("$JS.API.STREAM.NAMES", b"{}")["streams"])

    def info(self, stream):
        return self.ask(f"$JS.API.STREAM.INFO.{stream}", b"{}")

    def messages(self, stream):
        state = self.info(stream)["state"]
        for sequence in range(state["first_seq"], state["last_seq"] + 1):
            asked = json.dumps({"seq": sequence}).encode()
            answer = self.ask(f"$JS.API.STREAM.MSG.GET.{stream}", asked)
            if "message" in answer:
                yield message(stream, answer["message"])


def message(stream, given):
    """A stored message as one object."""
    head = base64.b64decode(given.get("hdrs", "")).decode()
    headers = [line.split(":", 1) for line in head.split("\r\n")[1:] if ":" in line]
    body = base64.b64decode(given.get("data", ""))
    kept = {
        "stream": stream,
        "sequence": given["seq"],
        "time": given["time"],
        "subject": given["subject"],
        "headers": [[name.strip(), value.strip()] for name, value in headers],
    }
    try:
        kept["body"] = body.decode()
    except UnicodeDecodeError:
        kept["base64"] = base64.b64encode(body).decode()
    return kept


def keep_server(data, to):
    """All streams and tables as JSON lines, objects as files."""
    nats = Nats(data)
    configs, lines, tables = [], [], []
    chunks, objects = collections.defaultdict(list), []
    for stream in nats.streams():
        configs.append(nats.info(stream)["config"])
        for kept in nats.messages(stream):
            if not stream.startswith("OBJ_"):
                (tables if stream.startswith("KV_") else lines).append(kept)
            elif ".C." in kept["subject"]:
                given = kept.get("base64")
                chunk = base64.b64decode(given) if given else kept["body"].encode()
                chunks[kept["subject"].rsplit(".", 1)[1]].append(chunk)
            elif kept["body"]:
                objects.append((stream[4:], json.loads(kept["body"])))
    for name, kept in [("streams", configs), ("messages", lines), ("tables", tables)]:
        text = "".join(json.dumps(it, ensure_ascii=False) + "\n" for it in kept)
        keep(to / f"{name}.jsonl.zst", text.encode())
    for store, told in objects:
        if not told.get("deleted"):
            keep(to / store / (told["name"] + ".zst"), b"".join(chunks[told["nuid"]]))


# --- the settings


def show(binary, to, name, arguments, variables=None):
    """Keeps what settings mean to the binary: each key with its value, one a line."""
    shown = subprocess.run(
        [binary, "config", "show", "--json", *arguments],
        cwd=to,
        env={**os.environ, "KEPT_SECRET": "whsec_a2VwdA==", "XDG_CONFIG_HOME": str(to), **(variables or {})},
        capture_output=True,
        text=True,
    )
    if shown.returncode or shown.stderr:
        sys.exit(f"{name}: {shown.returncode} {shown.stderr}")
    lines = shown.stdout.replace(f"{to}/", "").splitlines()
    kept = {line["key"]: line["value"] for line in map(json.loads, lines)}
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    (to / f"{name}.shown.json").write_text(text + "\n")


def keep_settings(binary, to):
    """Looks that the kept settings use every key there is, and that none is spoken of."""
    keys = set()
    section = ""
    for line in (ROOT / "docs/config.md").read_text().splitlines():
        if line.startswith("## "):
            named = re.search(r"`\[+(\w+)\]+`", line)
            section = named.group(1) + "." if named else ""
        row = re.match(r"\| `([\w.]+)` \|", line)
        if row:
            keys.add(section + row.group(1))
    used = set()
    for path in sorted(to.glob("*.toml")):
        show(binary, to, path.stem, ["--config", path.name])
        section = ""
        for line in path.read_text().splitlines():
            table = re.match(r"\[+(\w+)\]+", line)
            if table:
                section = table.group(1) + "."
            key = re.match(r"([\w.]+) *=", line)
            if key:
                used.add(section + key.group(1))
    variables = (to / "environment.txt").read_text().split()
    show(binary, to, "environment", [], dict(line.split("=", 1) for line in variables))
    if keys - used:
        sys.exit(f"no kept settings use {sorted(keys - used)}")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--wirefold", required=True, help="the binary, built at that commit")
    options.add_argument("--commit", required=True, help="the commit, as folders are named")
    options.add_argument("--nats-server", default=str(ROOT / "target/tools/bin/nats-server"))
    parts = ["embedded", "nats", "shelved", "settings"]
    options.add_argument("--only", nargs="+", choices=parts, default=parts, help="not all of it")
    arguments = options.parse_args()
    binary = str(pathlib.Path(arguments.wirefold).resolve())
    version = subprocess.check_output([binary, "--version"], text=True).split()[1]
    to = HERE / f"{version}-{arguments.commit}"
    articles = [json.loads(line) for line in (ROOT / "seeds/articles.jsonl").open()]
    if "embedded" in arguments.only:
        keep_run(Run(binary, Papers(articles)), to, "embedded")
    if "nats" in arguments.only:
        keep_run(Run(binary, Papers(articles), arguments.nats_server), to, "nats")
    if "shelved" in arguments.only:
        keep_text_store(binary, articles, to / "shelved")
    if "settings" in arguments.only:
        keep_settings(binary, to / "settings")


def keep_run(run, to, form):
    """Runs it over everything, and keeps what was stored and what the API says of it."""
    led = tell(run)
    wait_for_alerts(run)
    expected = ids(run, led)
    shutil.rmtree(to / form, ignore_errors=True)
    if run.nats_server:
        keep_server(run.data, to / form)
        run.stop()
    else:
        run.stop()
        keep_folder(run.data, to / form / "data")
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (to / form / "expected.json").write_text(text + "\n")
    (to / "wirefold.toml").write_text(run.template)
    web = json.dumps(run.papers.web(), indent=1, ensure_ascii=False)
    keep(to / "web.json.zst", web.encode())
    shutil.rmtree(run.folder)
    print(f"{form}: {len(expected['stories'])} stories, {len(expected['alerts'])} alerts")


if __name__ == "__main__":
    main()

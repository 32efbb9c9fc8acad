// Local times, live river, keys, and lighting up equal passages. The page reads well without it.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const live = byId("live");
  const say = (words) => { if (live) live.textContent = words; };

  // Times: the server writes UTC.
  const full = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const older = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  const short = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const localise = (root) => {
    for (const time of root.querySelectorAll("time:not([title])")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const recent = Math.abs(Date.now() - at) < 300 * 86400e3;
      time.title = time.textContent;
      time.textContent = (time.hasAttribute("data-short") ? short : recent ? full : older).format(at);
    }
  };
  localise(document);
  const zone = byId("zone");
  if (zone) zone.textContent = `local (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;

  // Equal passages light up together.
  document.addEventListener("pointerover", (event) => {
    const on = event.target.closest("[data-p]");
    const number = on && on.dataset.p;
    for (const part of document.querySelectorAll("[data-p]")) {
      part.classList.toggle("lit", part.dataset.p === number);
    }
    document.body.classList.toggle("lighting", Boolean(on));
  });

  // Keys, unless they are switched off.
  const keys = byId("keys");
  const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };
  const recall = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  if (keys) {
    keys.closest(".keys").hidden = false;
    keys.checked = recall("wirefold.keys") !== "off";
    keys.addEventListener("change", () => remember("wirefold.keys", keys.checked ? "on" : "off"));
  }
  const cards = () => [...document.querySelectorAll("[data-card]")];
  const current = (list) => list.findIndex((card) => card.contains(document.activeElement));
  const step = (by) => {
    const list = cards();
    const at = current(list);
    const next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by];
    if (!next) return;
    next.querySelector("h2 a").focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };
  // Marks: the buttons change on the spot instead of loading the page again.
  const drawMark = (form, mark) => {
    const [read, star] = form.querySelectorAll("button");
    if (mark === "star" || mark === "unstar") {
      star.setAttribute("aria-pressed", String(mark === "star"));
      star.value = mark === "star" ? "unstar" : "star";
      return;
    }
    const card = form.closest("[data-card]");
    if (card) card.classList.toggle("unread", mark === "unread");
    read.value = mark === "unread" ? "read" : "unread";
    read.textContent = `Mark ${read.value}`;
  };
  const said = { read: "Marked as read", unread: "Marked as unread", star: "Starred", unstar: "Star taken away" };
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-marks]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const mark = event.submitter.value;
    const body = new URLSearchParams(new FormData(form));
    body.set("mark", mark);
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (answer.type !== "opaqueredirect") throw new Error(answer.status);
      drawMark(form, mark);
      say(said[mark]);
    } catch { say("The mark is not stored. Try again."); }
  });
  const help = byId("help");
  let went = -Infinity;
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys || !keys.checked) return;
    const go = event.timeStamp - went < 2000 && document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    went = event.key === "g" ? event.timeStamp : -Infinity;
    if (event.key === "?") { if (help.open) help.close(); else help.showModal(); }
    else if (help.open) return;
    else if (go) go.click();
    else if (event.key === "g") say([...document.querySelectorAll("[data-go]")].map((a) => `${a.dataset.go} ${a.textContent}`).join(", "));
    else if (event.key === "/") { const q = byId("q"); if (q) q.select(); else location.href = "/#q"; }
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "o") {
      const card = cards()[current(cards())];
      if (card) card.querySelector("h2 a").click();
    } else if (event.key === "m" || event.key === "s") {
      const part = cards()[current(cards())] || document.querySelector("[data-watch]");
      const form = part && part.querySelector("[data-marks]");
      if (form) form.querySelectorAll("button")[event.key === "m" ? 0 : 1].click();
    } else return;
    event.preventDefault();
  });

  // The river: fetched anew as events change; open lists, focus and place on the screen stay.
  let fresh = 0;
  const firstVisible = () => cards().find((card) => card.getBoundingClientRect().bottom > 60);
  const replace = (river, next) => {
    const open = [...river.querySelectorAll("details[open]")].map((part) => part.id);
    const focus = document.activeElement && document.activeElement.closest("[data-card]");
    const href = focus && document.activeElement.getAttribute("href");
    const anchor = window.scrollY > 120 ? firstVisible() : null;
    const top = anchor && anchor.getBoundingClientRect().top;
    const before = new Map(cards().map((card) => [card.id, card.dataset.at]));
    localise(next);
    for (const id of open) {
      const part = next.querySelector(`#${CSS.escape(id)}`);
      if (part) part.open = true;
    }
    for (const card of next.querySelectorAll("[data-card]")) {
      if (before.get(card.id) !== card.dataset.at) card.classList.add("fresh");
    }
    river.replaceWith(next);
    if (focus) {
      const same = href ? `a[href="${CSS.escape(href)}"]` : "h2 a";
      const again = next.querySelector(`#${CSS.escape(focus.id)} ${same}`);
      if (again) again.focus({ preventScroll: true });
    }
    if (anchor) {
      const again = byId(anchor.id);
      if (again) window.scrollBy(0, again.getBoundingClientRect().top - top);
    }
  };
  const refresh = async () => {
    const river = byId("river");
    try {
      const answer = await fetch("/fragments/river" + location.search, { headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = parsed.getElementById("river");
      if (!next || !river) return;
      const pulse = parsed.getElementById("pulse");
      if (pulse && byId("pulse")) byId("pulse").replaceWith(document.adoptNode(pulse));
      replace(river, document.adoptNode(next));
      say(fresh ? `${fresh} new` : "Updated");
      fresh = 0;
    } catch { /* the stream tells when the server is back */ }
  };
  let waiting = 0;
  const soon = () => {
    if (waiting) return;
    waiting = setTimeout(() => {
      // Under the pointer nothing moves.
      const busy = document.querySelector("#river:hover details[open], #river:hover summary:focus");
      waiting = 0;
      if (busy) { say(`${fresh} new, waiting`); soon(); } else refresh();
    }, 900);
  };

  // The form of a subscription: the preview follows what is typed.
  const form = byId("subscription");
  const preview = byId("preview");
  if (form && preview) {
    const zoneField = byId("time_zone");
    if (zoneField && !zoneField.value) zoneField.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
    let asked = null;
    let typed = 0;
    const tryIt = async () => {
      if (asked) asked.abort();
      const mine = asked = new AbortController();
      preview.setAttribute("aria-busy", "true");
      try {
        const body = new URLSearchParams(new FormData(form));
        const answer = await fetch("/fragments/preview", { method: "POST", body, signal: mine.signal });
        if (!answer.ok) return;
        const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
        localise(parsed);
        // The line that is read aloud stays in place: only its words change.
        const said = parsed.getElementById("said");
        if (byId("said").textContent !== said.textContent) byId("said").replaceChildren(...document.adoptNode(said).childNodes);
        byId("tried").replaceWith(document.adoptNode(parsed.getElementById("tried")));
        const query = byId("query");
        if (byId("tried").querySelector("mark")) query.setAttribute("aria-invalid", "true"); else query.removeAttribute("aria-invalid");
      } catch { /* typed on, or the server is away: the button still works */ } finally {
        if (asked === mine) preview.removeAttribute("aria-busy");
      }
    };
    form.addEventListener("input", () => {
      clearTimeout(typed);
      typed = setTimeout(tryIt, 400);
    });
  }

  const river = document.querySelector("#river[data-live]");
  const watched = document.querySelector("[data-watch]");
  if ((river || watched) && "EventSource" in window) {
    const after = river && river.dataset.sequence;
    const source = new EventSource("/api/v1/stream" + (after ? `?after=${after}` : ""));
    source.addEventListener("open", () => document.body.classList.add("live"));
    source.addEventListener("error", () => { document.body.classList.remove("live"); });
    source.addEventListener("command", () => { if (river) soon(); });
    source.addEventListener("reset", () => { if (river) soon(); });
    // Meanwhile another tab may have opened events.
    for (const back of ["pageshow", "visibilitychange"]) {
      addEventListener(back, (event) => { if (river && !document.hidden && event.persisted !== false) soon(); });
    }
    source.addEventListener("article", (event) => {
      if (river) { fresh += 1; soon(); return; }
      if (!event.data.includes(`"event":"${watched.dataset.watch}"`)) return;
      fresh += 1;
      if (fresh > 1) { live.firstChild.textContent = `${fresh} new. `; return; }
      const again = document.createElement("a");
      again.href = "";
      again.textContent = "Show";
      live.replaceChildren("1 new. ", again);
    });
  }
})();

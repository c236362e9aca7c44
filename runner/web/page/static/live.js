// Keeps a page up to date: it asks for the same page again and changes what is new in it. The page is complete
// without it.
"use strict";

(() => {
  const every = 5000; // ms
  const quiet = 3; // failures in a row before it says so
  let failures = 0, asOf = clockText();

  // The viewer's time zone is told to the server once, so that it writes the viewer's times beside the class's.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = document.cookie.split("; ").some((c) => c.startsWith("rundown_zone="));
  if (zone && !known) {
    document.cookie = "rundown_zone=" + zone + "; Path=/; SameSite=Lax; Max-Age=34560000";
    refresh();
  }

  // A page that takes its time says so: a thin line at the top, and busy for screen readers.
  const leaving = (on) => {
    document.documentElement.classList.toggle("leaving", on);
    document.getElementById("main").setAttribute("aria-busy", on);
  };
  addEventListener("pageshow", () => leaving(false));
  addEventListener("submit", () => leaving(true));
  addEventListener("click", (e) => {
    const link = e.target.closest && e.target.closest("a[href]");
    if (link && !e.defaultPrevented && e.button === 0 && !e.ctrlKey && !e.metaKey && !e.shiftKey && link.pathname !== location.pathname) leaving(true);
  });

  for (const e of document.querySelectorAll(".nojs")) e.hidden = true;
  for (const e of document.querySelectorAll(".js")) e.hidden = false;
  showNow();

  const retry = document.querySelector("[data-retry]");
  if (document.body.dataset.live || retry) setInterval(() => { if (!document.hidden) refresh(); }, every);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && document.body.dataset.live) refresh(); });

  // showNow scrolls a timeline that is wider than the screen to the present.
  function showNow() {
    for (const box of document.querySelectorAll(".scroll")) {
      const now = box.querySelector("line.now, th.today");
      if (!now || box.scrollWidth <= box.clientWidth) continue;
      const stays = box.querySelector(".week th"); // the first column, which would cover it
      const before = stays ? stays.offsetWidth : box.clientWidth / 3;
      box.scrollLeft = now.getBoundingClientRect().left - box.getBoundingClientRect().left - before;
    }
  }

  function clockText() {
    const clock = document.querySelector("#clock time");
    return clock ? clock.textContent : "";
  }

  async function refresh() {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", signal: AbortSignal.timeout(10000) });
      if (!answer.ok && !retry) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (retry && answer.ok) { location.reload(); return; }
      take(fresh);
      failures = 0;
      asOf = clockText();
      lost(false);
    } catch {
      if (++failures >= quiet) lost(true);
    }
  }

  // lost says that the page is old. Screen readers read it, since it is an alert that appears.
  function lost(is) {
    const box = document.getElementById("stale");
    if (box.hidden === !is) return;
    document.getElementById("stale-since").textContent = asOf;
    box.hidden = !is;
  }

  // take brings the page to what the server says now.
  function take(fresh) {
    const before = text("verdict-text"), focused = document.activeElement;
    document.title = fresh.title;
    for (const id of ["clock", "main"]) fill(document.getElementById(id), fresh.getElementById(id));
    if (focused.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true }); // it was moved
    const after = text("verdict-text");
    if (after && after !== before) document.getElementById("announce").textContent = after;
  }

  function text(id) {
    const e = document.getElementById(id);
    return e ? e.textContent : "";
  }

  // fill gives an element the content of a fresh one. What is in both stays the same node, and with it what a person has
  // opened, typed, selected or scrolled, where the focus is, and a mouse button that is held down on it.
  function fill(old, fresh) {
    const left = new Map();
    for (const e of old.childNodes) left.set(key(e), [...(left.get(key(e)) || []), e]);
    const nodes = [...fresh.childNodes].map((e) => {
      const same = left.get(key(e))?.shift();
      if (same && !same.isEqualNode(e)) change(same, e);
      return same || document.adoptNode(e);
    });
    for (const gone of [...left.values()].flat()) gone.remove();
    nodes.forEach((e, i) => { if (old.childNodes[i] !== e) old.insertBefore(e, old.childNodes[i] || null); });
  }

  // change makes a node like a fresh one, save what a person fills in or has opened.
  function change(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) { old.data = fresh.data; return; }
    if (old.matches("input, select, button")) return;
    for (const { name } of [...old.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    fill(old, fresh);
  }

  // key tells one child from another of its kind: by its id or address, an item of a list by the class that it is about.
  function key(e) {
    if (e.nodeType !== Node.ELEMENT_NODE) return e.nodeName;
    const of = e.localName === "li" ? e.querySelector("a") || e : e;
    return [e.localName, e.id || of.getAttribute("href") || e.getAttribute("action")].join(" ");
  }
})();

// Keeps a page up to date: it asks for the same page again and replaces the parts that have changed. The page is complete
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

  // take replaces what has changed. What a person is in, such as a search, and what is open stays as it is.
  function take(fresh) {
    const before = text("verdict-text"), main = document.getElementById("main");
    document.title = fresh.title;
    swap(document.getElementById("clock"), fresh.getElementById("clock"));
    const old = [...main.children], now = [...fresh.getElementById("main").children];
    if (old.length !== now.length || old.some((e, i) => e.id !== now[i].id || e.tagName !== now[i].tagName)) {
      if (!busy(main)) main.replaceChildren(...now.map((e) => document.adoptNode(e)));
    } else {
      old.forEach((e, i) => swap(e, now[i]));
    }
    const after = text("verdict-text");
    if (after && after !== before) document.getElementById("announce").textContent = after;
  }

  function text(id) {
    const e = document.getElementById(id);
    return e ? e.textContent : "";
  }

  function busy(e) {
    const a = document.activeElement;
    return e.contains(a) && (a.tagName === "INPUT" || a.tagName === "BUTTON");
  }

  function swap(old, now) {
    if (!old || !now || busy(old)) return;
    const open = [...old.querySelectorAll("details[open] > summary")].map((s) => key(s));
    const scrolled = [...old.querySelectorAll(".scroll")].map((s) => s.scrollLeft);
    const focused = old.contains(document.activeElement) ? path(old, document.activeElement) : null;
    for (const s of now.querySelectorAll("details > summary")) if (open.includes(key(s))) s.parentElement.open = true;
    if (old.outerHTML === now.outerHTML) return;
    now = document.adoptNode(now);
    old.replaceWith(now);
    now.querySelectorAll(".scroll").forEach((s, i) => { s.scrollLeft = scrolled[i] || 0; });
    if (focused) find(now, focused)?.focus({ preventScroll: true });
  }

  // key tells one thing that can be opened from another, by the class that it is about.
  function key(summary) {
    const item = summary.closest("li");
    const link = item && item.querySelector("a");
    return link ? link.getAttribute("href") : summary.textContent;
  }

  // path and find name the element that has the focus: by its address where it is a link, else by its place.
  function path(root, e) {
    return { href: e.getAttribute("href"), tag: e.tagName, index: [...root.querySelectorAll(e.tagName)].indexOf(e) };
  }

  function find(root, p) {
    const all = [...root.querySelectorAll(p.tag)];
    return (p.href && all.find((e) => e.getAttribute("href") === p.href)) || all[p.index];
  }
})();

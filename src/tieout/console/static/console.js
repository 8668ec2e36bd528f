// The console's keys, live figures and small helps. Everything works without it, too, except signing out.
"use strict";

const typing = (at) => at.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const keysOn = () => localStorage.getItem("tieout-keys") !== "off";
let leading = false;

// rows: j, k, Enter, x

function rowsOf(at) {
  const list = at.closest("[data-rows]");
  return list ? [...list.querySelectorAll("[data-row]")] : [];
}

function focusRow(row) {
  for (const each of rowsOf(row)) if (each.tabIndex >= 0) each.tabIndex = -1;
  const inner = row.matches("[tabindex]") ? row : row.querySelector("a, input, button");
  if (row.matches("[tabindex]")) row.tabIndex = 0;
  (inner || row).focus();
  row.scrollIntoView({ block: "nearest" });
}

function move(at, by) {
  const rows = rowsOf(at);
  if (!rows.length) return false;
  const here = rows.indexOf(at.closest("[data-row]"));
  focusRow(rows[Math.min(Math.max(here + by, 0), rows.length - 1)]);
  return true;
}

// The button that a letter stands for: of the row that has the focus, else of its form.
function buttonOf(at, key) {
  const wanted = `button[data-key="${CSS.escape(key)}"]`;
  const row = at.closest("[data-row]");
  const form = at.closest("form");
  return (row && row.querySelector(wanted)) || (form && form.querySelector(wanted));
}

function press(button) {
  const folded = button.closest("details:not([open])");
  if (folded) folded.open = true;
  const field = button.dataset.needs && button.form ? button.form.elements[button.dataset.needs] : null;
  if (field && !field.value.trim()) {
    field.setAttribute("aria-invalid", "true");
    field.focus();
    return;
  }
  button.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const at = event.target instanceof Element ? event.target : document.body;
  const key = event.key;
  if (typing(at)) {
    if (key === "Escape") {
      const row = at.closest("[data-row]");
      row ? focusRow(row) : at.blur();
    }
    return;
  }
  const inList = at.closest("[data-rows], [data-keys]");
  if (inList) {
    if ((key === "j" || key === "k") && move(at, key === "j" ? 1 : -1)) return event.preventDefault();
    const row = at.closest("[data-row]");
    if (key === "x" && row) {
      const box = row.querySelector("[data-choose]");
      if (box) {
        box.click();
        return event.preventDefault();
      }
    }
    if (key === "Enter" && row && at === row) {
      const link = row.querySelector("th a, a");
      if (link) link.click();
      return;
    }
    const button = /^[a-z]$/.test(key) && !leading ? buttonOf(at, key) : null;
    if (button) {
      press(button);
      return event.preventDefault();
    }
  }
  if (!keysOn()) return;
  if (leading) {
    leading = false;
    const link = document.querySelector(`a[data-go="${CSS.escape(key)}"]`);
    if (link) {
      link.click();
      event.preventDefault();
    }
  } else if (key === "g") {
    leading = true;
    setTimeout(() => (leading = false), 1500);
  } else if (key === "/") {
    document.getElementById("find").focus();
    event.preventDefault();
  } else if (key === "?") {
    document.getElementById("keys").showModal();
  } else if (key === "j") {
    const first = document.querySelector("main [data-rows] [data-row]");
    if (first) {
      focusRow(first);
      event.preventDefault();
    }
  }
});

// clicks: a reason that is needed, choosing all, signing out, the keys

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.needs && button.form && !button.form.elements[button.dataset.needs].value.trim()) {
    event.preventDefault();
    press(button);
  } else if (button.id === "keys-button") {
    document.getElementById("keys").showModal();
  } else if (button.id === "sign-out") {
    draftsOfOthers("");
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    fetch("/api/v1/session", { method: "DELETE", headers }).finally(() => location.assign("/sign-in"));
  }
});

// The sum of chosen lines, exact: amounts are texts, added as whole numbers of their smallest unit.
function units(text) {
  const [whole, part = ""] = text.replace("-", "").split(".");
  const value = BigInt(whole + part.padEnd(8, "0").slice(0, 8));
  return text.startsWith("-") ? -value : value;
}

// `form` is 1234.56 as whoever looks writes it: the marks are taken from there.
function shown(value, form) {
  const text = (value < 0n ? -value : value).toString().padStart(9, "0");
  const whole = text.slice(0, -8).replace(/\B(?=(\d{3})+$)/g, form.at(1));
  const part = text.slice(-8).replace(/0+$/, "").padEnd(2, "0");
  return `${value < 0n ? "−" : ""}${whole}${form.at(-3)}${part}`;
}

function addUp() {
  const out = document.getElementById("chosen-sum");
  if (!out) return;
  const sums = new Map();
  for (const box of document.querySelectorAll("[data-amount]:checked")) {
    const held = sums.get(box.dataset.currency) || { cash: 0n, due: 0n };
    held[box.dataset.side] += units(box.dataset.amount);
    sums.set(box.dataset.currency, held);
  }
  out.textContent = [...sums]
    .map(([currency, s]) => {
      const said = { cash: s.cash, due: s.due, difference: s.cash - s.due };
      return out.dataset.says.replace(/\{(\w+)\}/g, (_, name) =>
        name === "currency" ? currency : shown(said[name], out.dataset.form));
    })
    .join("; ");
}

document.addEventListener("change", (event) => {
  const at = event.target;
  if (at.matches("[data-choose-all]"))
    for (const box of at.closest("form").querySelectorAll("[data-choose]")) box.checked = at.checked;
  if (at.id === "keys-on") localStorage.setItem("tieout-keys", at.checked ? "on" : "off");
  if (at.matches("[data-into]") && at.files[0])
    at.files[0].text().then((text) => (document.getElementById(at.dataset.into).value = text));
  addUp();
});

document.addEventListener("input", (event) => event.target.removeAttribute("aria-invalid"));

// live: what changed is asked for again, unless somebody works in it

let stream = null;
let waiting = null;

function live() {
  const source = document.body.dataset.liveSource;
  if (stream || !source || !document.querySelector("[data-live]")) return;
  stream = new EventSource(`${source}?seconds=300`);
  stream.addEventListener("changed", (event) => {
    const kinds = JSON.parse(event.data);
    const parts = [...document.querySelectorAll("[data-live]")].filter((part) =>
      part.dataset.live.split(" ").some((kind) => kinds.includes(kind)));
    if (!parts.length) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => parts.forEach(renew), 1200);
  });
  stream.onopen = () => (document.getElementById("live").textContent = document.body.dataset.wordLive);
  stream.onerror = () => (document.getElementById("live").textContent = "");
}

async function renew(part) {
  const busy = part.contains(document.activeElement) && document.activeElement !== document.body;
  if (busy || part.querySelector("input:checked, details[open]") || !part.id) {
    document.getElementById("live").textContent = document.body.dataset.wordNewer;
    return;
  }
  const reply = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!reply || !reply.ok) return;
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const fresh = page.getElementById(part.id);
  if (!fresh || !part.isConnected) return;
  part.replaceWith(document.importNode(fresh, true));
  htmx.process(document.getElementById(part.id));
  document.getElementById("live").textContent = document.body.dataset.wordLive;
}

function settle() {
  const box = document.getElementById("keys-on");
  if (box) box.checked = keysOn();
  addUp();
  live();
  const problem = document.querySelector("main [role=alert]");
  if (problem) problem.focus();
}

document.addEventListener("htmx:afterSettle", settle);
document.addEventListener("DOMContentLoaded", settle);
addEventListener("pagehide", () => stream && stream.close());

// find: what fits what is typed so far, chosen from by keyboard

let typed = null;
let asking = null;

function finding() {
  return { box: document.getElementById("find"), list: document.getElementById("found") };
}

function closeFound() {
  const { box, list } = finding();
  if (!list || list.hidden) return false;
  list.hidden = true;
  list.replaceChildren();
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
  return true;
}

function chooseFound(by) {
  const { box, list } = finding();
  const all = [...list.querySelectorAll("a[role=option]")];
  if (!all.length) return;
  const here = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
  all.forEach((each) => each.setAttribute("aria-selected", "false"));
  const next = all[(here + by + all.length + (here < 0 && by < 0 ? 1 : 0)) % all.length];
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
  box.setAttribute("aria-activedescendant", next.id);
}

async function ask(text) {
  const { box, list } = finding();
  if (asking) asking.abort();
  asking = new AbortController();
  const reply = await fetch(`/find/list?q=${encodeURIComponent(text)}`, { signal: asking.signal }).catch(() => null);
  if (!reply || !reply.ok || box.value.trim() !== text || document.activeElement !== box) return;
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  if (box.value.trim() !== text) return;
  list.replaceChildren(...[...page.body.children].map((each) => document.importNode(each, true)));
  htmx.process(list);
  list.hidden = false;
  box.setAttribute("aria-expanded", "true");
  box.removeAttribute("aria-activedescendant");
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "find") return;
  clearTimeout(typed);
  const text = event.target.value.trim();
  if (text.length < 2) return closeFound();
  typed = setTimeout(() => ask(text), 140);
});

document.addEventListener("keydown", (event) => {
  const { box, list } = finding();
  if (event.target !== box || event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (list.hidden) return;
    chooseFound(event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
  } else if (event.key === "Enter") {
    const chosen = list.querySelector("a[aria-selected=true]");
    clearTimeout(typed);
    if (chosen) {
      event.preventDefault();
      chosen.click();
    }
    closeFound();
  } else if (event.key === "Escape" && closeFound()) {
    event.preventDefault();
  }
}, true);

document.addEventListener("focusout", (event) => {
  const { box, list } = finding();
  if (event.target === box && !(event.relatedTarget && list.contains(event.relatedTarget))) setTimeout(closeFound, 200);
});

// comments: an @ offers whom it may name; without this a name is typed

function nameBegun(field) {
  const before = field.value.slice(0, field.selectionStart);
  const found = /(?:^|[^\w@.+-])@([\w.+-]*)$/.exec(before);
  return found ? { typed: found[1].toLowerCase(), from: before.length - found[1].length } : null;
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.dataset || field.dataset.people === undefined) return;
  const list = document.getElementById("note-people");
  const begun = nameBegun(field);
  const fits = begun ? field.dataset.people.split(" ").filter((name) => name && name.startsWith(begun.typed)) : [];
  list.hidden = !fits.length;
  list.replaceChildren(...fits.slice(0, 8).map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.textContent = `@${name}`;
    button.addEventListener("click", () => {
      const now = nameBegun(field) || { from: field.value.length };
      const rest = field.value.slice(field.selectionStart);
      field.value = `${field.value.slice(0, now.from)}${name} ${rest}`;
      const at = now.from + name.length + 1;
      list.hidden = true;
      field.focus();
      field.setSelectionRange(at, at);
    });
    return button;
  }));
});

// drafts: a comment or a reason that is typed while the session ends is there again after signing in. They are kept in this tab alone,
// for the person who typed them on the page where they did; another person's page, and signing out, take all others' away.

const KEPT = "tieout-draft ";
const KEPT_FIELDS = "main form[method=post] textarea, main form[method=post] input[name=reason]";
const KEPT_MOST = 20000;

function draftKey(field) {
  const button = field.form.querySelector("button[name=act]");
  return `${KEPT}${document.body.dataset.person} ${location.pathname} ${button ? button.value : ""} ${field.name}`;
}

function draftsOfOthers(whose) {
  const mine = `${KEPT}${whose} `;
  for (const key of Object.keys(sessionStorage))
    if (key.startsWith(KEPT) && (!whose || !key.startsWith(mine))) sessionStorage.removeItem(key);
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches(KEPT_FIELDS)) return;
  if (!field.value || field.value.length > KEPT_MOST) sessionStorage.removeItem(draftKey(field));
  else sessionStorage.setItem(draftKey(field), JSON.stringify({ text: field.value, sent: false }));
});

// Before htmx takes the form: what is sent and not brought back by a sign-in was taken.
document.addEventListener("submit", (event) => {
  for (const field of event.target.querySelectorAll("textarea, input[name=reason]")) {
    if (!field.matches(KEPT_FIELDS) || !sessionStorage.getItem(draftKey(field))) continue;
    sessionStorage.setItem(draftKey(field), JSON.stringify({ text: field.value, sent: true }));
  }
}, true);

function offerDrafts() {
  draftsOfOthers(document.body.dataset.person);
  const again = sessionStorage.getItem("tieout-again") !== null;
  sessionStorage.removeItem("tieout-again");
  for (const field of document.querySelectorAll(KEPT_FIELDS)) {
    const kept = sessionStorage.getItem(draftKey(field));
    if (!kept) continue;
    const draft = JSON.parse(kept);
    if (draft.sent && !again) {
      sessionStorage.removeItem(draftKey(field));
    } else if (!field.value) {
      field.value = draft.text;
      sessionStorage.setItem(draftKey(field), JSON.stringify({ text: draft.text, sent: false }));
    }
  }
}

document.addEventListener("htmx:afterSettle", offerDrafts);
document.addEventListener("DOMContentLoaded", offerDrafts);

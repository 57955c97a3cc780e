// Keeps an open page up to date, sends without loading it anew, and lets the keyboard do everything.
// All that is shown was drawn, and escaped, by the server; what is typed here is put in as text.
"use strict";

const byId = (id) => document.getElementById(id);
const AGAIN_MS = 3000;
const TICK_MS = 10000;
const NEAR_END_PX = 80;
const LETTERS_SETTING = "desk-letters";
const title = document.title;

// --- The clock: how long somebody has been waiting

function waited(since) {
  const minutes = Math.max(0, Math.floor((Date.now() - since) / 60000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${String(minutes % 60).padStart(2, "0")} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function tick() {
  for (const time of document.querySelectorAll("time.ticks")) {
    const text = waited(Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, TICK_MS);

// --- Parts that were drawn anew

const postponed = new Map();

function drawn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return document.importNode(page.body.firstElementChild, true);
}

function isTypedIn(part) {
  const focus = document.activeElement;
  return focus && part.contains(focus) && focus.matches("input:not([type=hidden]), textarea");
}

function replace(part) {
  const old = byId(part.id);
  if (!old || old.dataset.version === part.dataset.version) return;
  if (isTypedIn(old)) {
    postponed.set(part.id, part);
    return;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const open = old.querySelector("details[open]") !== null;
  old.replaceWith(part);
  if (open) part.querySelector("details")?.setAttribute("open", "");
  if (focused) byId(focused)?.focus();
  tick();
  stand();
}

document.addEventListener("focusout", () => setTimeout(() => {
  for (const [id, part] of [...postponed]) {
    postponed.delete(id);
    replace(part);
  }
}));

// Whether the conversation is mine decides whether there is something to write in, and whether anybody may write now.
function stand() {
  const standing = document.querySelector(".standing");
  const composer = byId("composer");
  if (!standing || !composer) return;
  const isMine = standing.dataset.mine === "yes";
  byId("writing").hidden = document.querySelector(".writable")?.dataset.closed === "yes";
  if (composer.hidden === isMine) {
    composer.hidden = !isMine;
    if (isMine) end();
  }
}

// --- The conversation

const log = byId("log");
let unseen = 0;

function scrolled() {
  return log && log.scrollHeight > log.clientHeight + 1 && getComputedStyle(log).overflowY === "auto" ? log : document.scrollingElement;
}

function isAtEnd() {
  const box = scrolled();
  return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
}

function end() {
  const last = log?.lastElementChild;
  if (!last) return;
  if (scrolled() === log) log.scrollTop = log.scrollHeight;
  else last.scrollIntoView({ block: "center" });
}

// Of a message that is there already, only what is another: screen readers read out what is new.
function redrawn(old, message) {
  if (old.dataset.version === message.dataset.version) return;
  const follow = isAtEnd();
  for (const kind of [".by", ".words", ".fate"]) {
    const [before, after] = [old, message].map((one) => one.querySelector(kind));
    if (before?.outerHTML === after?.outerHTML) continue;
    const hadFocus = before?.contains(document.activeElement);
    if (!before) old.append(after);
    else if (after) before.replaceWith(after);
    else before.remove();
    if (hadFocus) (after?.querySelector("a") ?? log).focus();
  }
  old.dataset.version = message.dataset.version;
  if (follow) end();
}

function said(message) {
  const old = byId(message.id);
  if (old) {
    redrawn(old, message);
    return;
  }
  const follow = isAtEnd();
  const mine = message.dataset.write && log.querySelector(`.pending[data-write="${CSS.escape(message.dataset.write)}"]`);
  if (mine) mine.remove();
  else message.classList.add("new");
  log.insertBefore(message, log.querySelector(".pending"));
  if (follow || mine) end();
  if (document.hidden && message.classList.contains("customer")) {
    unseen += 1;
    document.title = `(${unseen}) ${title}`;
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unseen = 0;
  document.title = title;
  if (isPaused) follow();
});

// --- The stream

const source = document.querySelector("[data-follow]");
let isPaused = false;

function tell(words) {
  const connection = byId("connection");
  if (connection && connection.textContent !== words) connection.textContent = words;
}

function follow() {
  if (!source) return;
  isPaused = false;
  const last = log?.querySelector(".message[id]:nth-last-child(1 of .message[id])");
  const address = new URL(source.dataset.follow, location.href);
  if (last) address.searchParams.set("after", last.id.slice(1));
  const stream = new EventSource(address);
  stream.onopen = () => tell("");
  stream.addEventListener("fragment", (event) => replace(drawn(event.data)));
  stream.addEventListener("message", (event) => said(drawn(event.data)));
  stream.addEventListener("ended", () => {
    stream.close();
    location.assign(`/log-in?next=${encodeURIComponent(location.pathname)}`);
  });
  stream.addEventListener("paused", () => {
    stream.close();
    isPaused = true;
    tell("Many pages are open: this one goes on when you come back to it.");
  });
  stream.onerror = () => {
    tell("Not connected. Trying again …");
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(again, AGAIN_MS);
  };
}

// The browser gives up after an answer that is no stream: the log-in may have ended, or the server be starting.
async function again() {
  try {
    const answer = await fetch("/", { redirect: "manual" });
    if (answer.type === "opaqueredirect") location.reload();
    else follow();
  } catch {
    setTimeout(again, AGAIN_MS);
  }
}

window.addEventListener("focus", () => { if (isPaused) follow(); });

// --- Writing

const composer = byId("composer");
const text = byId("text");
let sending = Promise.resolve();

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function element(tag, kind, words) {
  const made = document.createElement(tag);
  made.className = kind;
  if (words !== undefined) made.textContent = words;
  return made;
}

// What was just written, until the server shows it.
function pending(id, words) {
  const message = element("article", "message agent pending");
  message.dataset.write = id;
  const by = element("p", "by");
  by.append(element("bdi", "who", document.querySelector(".me").textContent), " ", element("span", "role", "sending …"));
  const shown = element("div", "words");
  const paragraph = element("p", "text", words);
  paragraph.dir = "auto";
  shown.append(paragraph);
  message.append(by, shown);
  log.append(message);
  end();
  return message;
}

async function deliver(fields, message) {
  const role = message.querySelector(".role");
  message.querySelector(".again")?.remove();
  message.classList.remove("lost");
  role.textContent = "sending …";
  let problem = "This wasn't sent.";
  try {
    const answer = await fetch(composer.action, { method: "POST", body: fields, headers: { Accept: "application/json" } });
    if (answer.ok) {
      role.textContent = "sent";
      return;
    }
    problem = (await answer.json()).error;
  } catch { /* the sentence above says it */ }
  role.textContent = "not sent";
  message.classList.add("lost");
  const again = element("p", "again", `${problem} `);
  const button = element("button", "quiet", "Try again");
  button.type = "button";
  button.addEventListener("click", () => send(fields, message));
  again.setAttribute("role", "alert");
  again.append(button);
  message.append(again);
}

function send(fields, message) {
  sending = sending.then(() => deliver(fields, message)); // one after the other, in the order in which they were written
}

composer?.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(composer);
  const file = fields.get("document");
  const words = text.value.trim() || (file && file.name) || "";
  if (!words) return;
  const message = pending(fields.get("write_id"), words);
  composer.reset();
  composer.elements.write_id.value = newId();
  text.focus();
  send(fields, message);
});

function sendsOnEnter(field, form) {
  field?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
sendsOnEnter(text, composer);

window.addEventListener("beforeunload", (event) => {
  if (text?.value.trim() || log?.querySelector(".pending.lost")) event.preventDefault();
});

// --- Other forms that need no new page, so that nothing that is being written is lost

async function submitted(form, problem) {
  const buttons = form.querySelectorAll("button");
  const fields = new FormData(form);
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "application/json" } });
    const told = answer.status === 204 ? {} : await answer.json();
    tell(answer.ok ? "" : told.error);
    return answer.ok ? told : null;
  } catch {
    tell(problem);
    return null;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

const noteForm = byId("note-form");
noteForm?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await submitted(noteForm, "The note wasn't kept. Please try again.")) noteForm.reset();
});

document.addEventListener("submit", async (event) => {
  if (event.target.id !== "anew") return;
  event.preventDefault();
  const told = await submitted(event.target, "This couldn't be read. Please try again.");
  if (told) replace(drawn(told.part));
});

// --- The keyboard

const help = byId("help");
const letters = byId("keys-on");

function entries() {
  return [...document.querySelectorAll("a.entry")].filter((entry) => entry.offsetParent !== null);
}

function move(by) {
  const all = entries();
  if (!all.length) return;
  const at = all.findIndex((entry) => entry === document.activeElement || entry.matches("[aria-current]"));
  const focused = all.indexOf(document.activeElement);
  const from = focused >= 0 ? focused : at;
  all[Math.min(all.length - 1, Math.max(0, from < 0 ? 0 : from + by))].focus();
}

function take() {
  const card = document.activeElement?.closest(".card");
  const button = byId("take") || card?.querySelector(".take button") || document.querySelector(".take button");
  button?.click();
}

const KEYS = {
  "?": () => help.showModal(),
  l: () => location.assign("/"),
  j: () => move(1),
  k: () => move(-1),
  t: take,
  w: () => { if (composer && !composer.hidden) text.focus(); },
  n: () => byId("body")?.focus(),
};

document.addEventListener("keydown", (event) => {
  const inText = event.target.matches("input:not([type=checkbox]):not([type=file]), textarea, select");
  if (event.key === "Escape" && inText) event.target.blur();
  if (inText || event.ctrlKey || event.metaKey || event.altKey || help?.open || !letters?.checked) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

if (help) {
  letters.checked = localStorage.getItem(LETTERS_SETTING) !== "off";
  letters.addEventListener("change", () => localStorage.setItem(LETTERS_SETTING, letters.checked ? "on" : "off"));
  const open = byId("help-open");
  open.hidden = false;
  open.addEventListener("click", () => help.showModal());
}

if (log) {
  end();
  if (composer && !composer.hidden) text.focus({ preventScroll: true });
}
follow();

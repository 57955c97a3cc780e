// Draws one message: who, words, document, what may be chosen, and when.

import { icon, make } from "./dom.js";
import { withLinks, withReferences } from "./links.js";
import { clockTime } from "./words.js";

const LINK_MS = 14 * 60 * 1000; // a link to a document is good for a minute longer
const ROWS_FROM = 4; // so many choices are a list, fewer stand beside each other
const LONGEST_PILL = 28;
const STATES = ["sending", "sent", "waiting", "failed"];
const PICTURES = new Set(["png", "jpg", "jpeg", "gif", "webp"]);

export function nameOf(author, message, words) {
  if (author === "agent") return message.agent || words.say("agent");
  return words.say(author === "customer" ? "you" : "assistant");
}

// Rasa has two forms of what may be chosen.
export function choicesOf(message) {
  const replies = (message.quick_replies ?? []).filter((one) => one.payload);
  const all = message.buttons?.length ? message.buttons : replies;
  return all.map(({ title, payload }) => ({ title, payload }));
}

export function initialOf(name) {
  return [...name.trim()][0]?.toLocaleUpperCase() ?? "";
}

function avatar(author, name) {
  const face = make("span", { className: "face", "aria-hidden": "true" });
  if (author === "agent") face.textContent = initialOf(name);
  else face.append(icon("chat"));
  return face;
}

function kindOf(name, words) {
  const ending = name.includes(".") ? name.split(".").pop().toLowerCase() : "";
  if (PICTURES.has(ending)) return words.say("picture");
  return ending && ending.length < 6 ? words.say("file_kind", { kind: ending.toUpperCase() }) : words.say("file");
}

function fileName(message) {
  if (message.attachment_name) return message.attachment_name;
  try {
    return decodeURIComponent(new URL(message.attachment, location.href).pathname.split("/").pop());
  } catch {
    return "";
  }
}

// refresh(link): has the document's address sent anew, and follows the link then.
function fileCard(message, words, refresh) {
  const name = fileName(message) || words.say("file");
  const link = (properties, ...children) => {
    const made = make("a", { href: message.attachment, rel: "noopener noreferrer", ...properties }, ...children);
    made.dataset.got = Date.now();
    made.addEventListener("click", (event) => {
      if (Date.now() - Number(made.dataset.got) < LINK_MS) return;
      event.preventDefault();
      refresh(made);
    });
    return made;
  };
  const about = make("span", { className: "about" });
  about.append(make("bdi", { className: "name" }, withReferences(name)), make("span", { className: "kind", textContent: kindOf(name, words) }));
  return make("div", { className: "file" },
    link({ className: "open", target: "_blank", "aria-label": words.say("open_file", { name }) }, icon("file"), about),
    link({ className: "plain", download: name, "aria-label": words.say("download_file", { name }) }, icon("download")));
}

export function renewLinks(element, address) {
  for (const link of element.querySelectorAll(".file a")) {
    link.href = address;
    link.dataset.got = Date.now();
  }
}

function choiceList(choices, choose) {
  const isLong = choices.length >= ROWS_FROM || choices.some(({ title }) => title.length > LONGEST_PILL);
  const list = make("ul", { className: isLong ? "choices rows" : "choices" });
  for (const choice of choices) {
    const button = make("button", { type: "button" }, make("bdi", { textContent: choice.title }));
    button.addEventListener("click", () => choose(choice));
    list.append(make("li", {}, button));
  }
  return list;
}

function shownText(text) {
  const shown = make("p", { className: "text", dir: "auto" });
  shown.append(withLinks(text));
  return make("div", { className: "bubble" }, shown);
}

export function timeOf(message) {
  const at = new Date(message.at ?? Date.now());
  return Number.isNaN(at.getTime()) ? new Date() : at;
}

// acts: choose(choice), refresh(message, link).
export function draw(author, message, words, acts) {
  const name = nameOf(author, message, words);
  const at = timeOf(message);
  const body = make("div", { className: "body" });
  body.append(make("p", { className: "who" }, make("bdi", { textContent: name }), make("span", { className: "unseen", textContent: ":" })));
  if (message.text) body.append(shownText(message.text));
  if (message.attachment) body.append(fileCard(message, words, (link) => acts.refresh(message, link)));
  const choices = choicesOf(message);
  if (choices.length) body.append(choiceList(choices, acts.choose));
  const meta = make("p", { className: "meta", "aria-live": "off" });
  meta.append(make("time", { dateTime: at.toISOString(), textContent: clockTime(at), dir: "auto" }), make("span", { className: "state" }));
  body.append(meta);

  const element = make("div", { className: `message ${author}` });
  if (author !== "customer") element.append(avatar(author, name));
  element.append(body);
  element.dataset.by = `${author} ${name}`;
  element.dataset.at = at.getTime();
  return element;
}

// How far an own message has come. acts: again(), drop().
export function drawState(element, item, words, acts) {
  for (const state of STATES) element.classList.toggle(state, state === item.state);
  element.querySelector(".state").textContent = words.say(item.state);
  const earlier = element.querySelector(".trouble");
  if (earlier?.contains(document.activeElement)) element.parentElement.focus({ preventScroll: true }); // else it is lost
  earlier?.remove();
  if (item.state !== "waiting" && item.state !== "failed") return;
  const trouble = make("div", { className: "trouble", "aria-live": "off" });
  if (item.error) trouble.append(make("p", { dir: "auto", textContent: item.error }));
  const button = (name, act) => {
    const made = make("button", { type: "button", className: "small", textContent: words.say(name) });
    made.addEventListener("click", act);
    trouble.append(made);
  };
  button("again", acts.again);
  if (item.state === "failed") button("drop", acts.drop);
  element.querySelector(".body").append(trouble);
}

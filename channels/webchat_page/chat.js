// The web chat: puts together what is shown, what is kept and the way to the server.

import { paint } from "./colours.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { icon, make, tell } from "./dom.js";
import { Host } from "./host.js";
import { Log } from "./log.js";
import { lasting, onChange, passing } from "./memory.js";
import { initialOf } from "./message.js";
import { Outbox } from "./outbox.js";
import { Words } from "./words.js";

const AGAIN_MS = 3000;
const PATIENCE_MS = 1200; // a connection that is there sooner needs no words
const TYPING_MS = 60000; // longer than any answer takes
const SPOKEN_MS = 1500;
const SESSION = "session";
const LONGEST_MESSAGE = 4000;

const byId = (id) => document.getElementById(id);
const hasKeyboard = () => window.matchMedia("(hover: hover) and (pointer: fine)").matches;

// The server's settings; while it starts anew, again and again.
async function settings(words) {
  for (;;) {
    try {
      const answer = await fetch("settings");
      if (answer.ok) return await answer.json();
    } catch { /* the words below say it */ }
    tell(byId("connection"), words.say("unreachable"));
    byId("connection").classList.add("shown");
    await new Promise((goOn) => setTimeout(goOn, AGAIN_MS));
  }
}

// Whose conversation it is, as a name to keep things under; the server alone decides who somebody is.
function ownerOf(token) {
  if (!token) return "visitor";
  try {
    const claims = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return `customer/${encodeURIComponent(JSON.parse(atob(claims)).sub)}`;
  } catch {
    return "customer";
  }
}

class Chat {
  #words;
  #host;
  #log;
  #composer;
  #outbox;
  #connection;
  #title;
  #owner = "";
  #token = null;
  #session = null;
  #seen = null;
  #unread = 0;
  #isShown = true;
  #followed = {}; // the link that is followed as soon as its message has come again
  #typingTimer = 0;
  #spokenTimer = 0;
  #connectionTimer = 0;

  constructor(look, words, host) {
    this.#words = words;
    this.#host = host;
    this.#title = look.title || words.say("title");
    this.#isShown = !host.isFramed || look.shown !== false;
    this.#furnish(look);
    this.#log = new Log(byId("log"), words, {
      choose: (choice) => this.#choose(choice),
      again: (id) => this.#again(id),
      drop: (id) => this.#drop(id),
      refresh: (message, link) => this.#refresh(message, link),
      scrolled: (isAtEnd) => { byId("newest").hidden = isAtEnd; },
    });
    this.#composer = new Composer(byId("composer"), words, look.longest_message ?? LONGEST_MESSAGE, (text) => this.#write(text));
    this.#outbox = new Outbox({
      canSend: () => this.#connection.isReady,
      send: (item) => this.#connection.send(item),
      changed: (item) => this.#moved(item),
    });
    this.#connection = new Connection(new URL("socket.io", location.href).pathname, {
      state: (state, reason) => this.#tellConnection(state, reason),
      session: (id) => this.#begun(id),
      message: (author, message) => this.#heard(author, message),
      end: () => this.#caughtUp(),
      typing: (isOn) => this.#tellTyping(isOn),
      standing: (standing) => this.#stand(standing),
    });
    this.#stand({ owner: "bot" });
    this.#listen();
  }

  // token: of whom the site logged in; null: a visitor.
  identify(token) {
    const owner = ownerOf(token);
    this.#token = token;
    if (owner === this.#owner) {
      this.#connection.renew(token);
      return;
    }
    this.#change(owner);
    this.#session = lasting.get(SESSION);
    this.#connection.open(this.#session, token);
  }

  shown(isShown) {
    this.#isShown = isShown;
    if (!isShown) return;
    this.#look();
    this.#log.toEnd();
    if (hasKeyboard()) this.#composer.focus();
    else document.querySelector("h1").focus({ preventScroll: true });
  }

  // --- What the visitor does

  #write(text, payload) {
    byId("welcome").hidden = true;
    this.#outbox.add(text, payload);
  }

  #choose({ title, payload }) {
    this.#write(title, payload);
    this.#settleFocus();
  }

  #again(id) {
    this.#outbox.again(id);
    this.#settleFocus();
  }

  #drop(id) {
    this.#outbox.drop(id);
    this.#log.drop(id);
    this.#settleFocus();
  }

  // On a phone the field would bring its keyboard up.
  #settleFocus() {
    if (hasKeyboard()) this.#composer.focus();
    else byId("log").focus({ preventScroll: true });
  }

  #refresh({ sequence }, link) {
    this.#followed = { sequence, link };
    this.#connection.askAgain(sequence);
  }

  // --- What the server says

  #begun(id) {
    this.#session = id;
    lasting.set(SESSION, id);
    this.#log.clear();
    this.#outbox.open(this.#owner, this.#words);
  }

  #heard(author, message) {
    if (message.message_id) this.#outbox.settle(message.message_id);
    if (this.#log.has(message.sequence)) {
      this.#heardAgain(message);
      return;
    }
    if (author !== "customer") this.#tellTyping(false);
    this.#log.show(author, message);
    byId("welcome").hidden = true;
    if (byId("log").getAttribute("aria-busy") === "false") this.#look();
  }

  #heardAgain(message) {
    this.#log.renew(message);
    const { sequence, link } = this.#followed;
    if (message.sequence !== sequence) return;
    this.#followed = {};
    link.click();
  }

  #caughtUp() {
    this.#log.quiet(false);
    byId("welcome").hidden = !this.#log.isEmpty;
    this.#look();
    this.#outbox.flush();
  }

  #moved(item) {
    this.#log.pend(item);
    if (item.state === "failed") this.#speak(`${this.#words.say("failed")}. ${item.error}`);
  }

  #tellTyping(isOn) {
    clearTimeout(this.#typingTimer);
    clearTimeout(this.#spokenTimer);
    this.#log.typing(isOn);
    if (!isOn) {
      this.#speak("");
      return;
    }
    this.#spokenTimer = setTimeout(() => this.#speak(this.#words.say("writing")), SPOKEN_MS); // not for each quick answer
    this.#typingTimer = setTimeout(() => this.#tellTyping(false), TYPING_MS);
  }

  #stand(standing) {
    const owner = ["bot", "waiting", "agent"].includes(standing?.owner) ? standing.owner : "bot";
    const agent = standing?.agent || this.#words.say("agent");
    byId("standing").dataset.owner = owner;
    tell(byId("standing"), this.#words.say(`standing_${owner}`, { agent }));
    byId("mark").replaceChildren(owner === "agent" ? initialOf(agent) : icon("chat"));
  }

  #tellConnection(state, reason) {
    clearTimeout(this.#connectionTimer);
    document.body.dataset.connection = state;
    const shown = byId("connection");
    const words = state === "ready" ? "" : this.#words.say(state, { reason });
    const show = () => {
      if (shown.textContent !== words) tell(shown, words);
      shown.classList.toggle("shown", Boolean(words));
    };
    if (["connecting", "unreachable"].includes(state)) this.#connectionTimer = setTimeout(show, PATIENCE_MS);
    else show();
    if (state === "refused") this.#host.tell("refused", { error: reason });
    if (state !== "ready") this.#tellTyping(false);
  }

  // --- Who is here

  // Nothing of a customer's is left behind when they log out.
  #leave() {
    this.#outbox.empty();
    this.#composer.empty();
    lasting.remove(`seen/${this.#owner}`);
  }

  #change(owner) {
    if (this.#owner.startsWith("customer")) this.#leave();
    this.#owner = owner;
    this.#seen = lasting.get(`seen/${owner}`);
    this.#log.clear();
    this.#stand({ owner: "bot" });
    this.#outbox.open(owner, this.#words);
    this.#composer.open(owner);
  }

  // --- What was seen

  #isSeen() {
    return this.#isShown && !document.hidden;
  }

  #look() {
    const isOther = this.#log.last < this.#seen; // an earlier conversation's, which has ended meanwhile
    if (this.#isSeen() || this.#seen === null || isOther) {
      this.#seen = this.#log.last;
      lasting.set(`seen/${this.#owner}`, String(this.#seen));
    }
    const unread = this.#log.othersAfter(Number(this.#seen));
    if (unread === this.#unread) return;
    this.#unread = unread;
    document.title = unread ? `(${unread}) ${this.#title}` : this.#title;
    this.#host.tell("unread", { count: unread, words: unread ? this.#words.say("unread", { count: unread }) : "" });
  }

  #speak(words) {
    const spoken = byId("spoken");
    if (spoken.textContent !== words) spoken.textContent = words;
  }

  // --- The page around it

  #furnish(look) {
    paint(document.documentElement, look.colour);
    document.documentElement.lang = this.#words.lang;
    document.documentElement.dir = this.#words.dir;
    document.title = this.#title;
    byId("title").textContent = this.#title;
    byId("log").setAttribute("aria-label", this.#words.say("conversation"));
    byId("newest").append(icon("down"));
    byId("newest").setAttribute("aria-label", this.#words.say("newest"));
    byId("close").append(icon("close"));
    byId("close").setAttribute("aria-label", this.#words.say("close"));
    byId("close").hidden = !(this.#host.isFramed && look.closes);
    this.#welcome();
  }

  #welcome() {
    const [heading, more, list] = byId("welcome").children;
    tell(heading, this.#words.say("welcome"));
    tell(more, this.#words.say("welcome_more"));
    for (const starter of this.#words.starters) {
      const button = make("button", { type: "button" }, make("bdi", { textContent: starter }));
      button.addEventListener("click", () => this.#choose({ title: starter }));
      list.append(make("li", {}, button));
    }
  }

  #listen() {
    byId("newest").addEventListener("click", () => {
      this.#log.toEnd();
      this.#settleFocus();
    });
    byId("close").addEventListener("click", () => this.#host.tell("close"));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.#host.tell("close");
    });
    document.addEventListener("visibilitychange", () => this.#isSeen() && this.#look());
    onChange((key) => this.#changedElsewhere(key));
  }

  // Another tab had it stored, and then it comes as a message of the conversation; or it was given up there.
  #forget(id) {
    this.#outbox.drop(id);
    this.#log.drop(id);
  }

  #join(session) {
    this.#begun(session);
    this.#connection.open(session, null);
  }

  // Another tab of the same browser began the session, or is done with a message.
  #changedElsewhere(key) {
    const session = lasting.get(SESSION);
    if (key === SESSION && !this.#token && session && session !== this.#session) this.#join(session);
    if (key.startsWith("pending/") && lasting.get(key) === null) this.#forget(key.split("/").pop());
  }
}

async function begin() {
  const asked = new URLSearchParams(location.search).get("lang") ?? undefined;
  const known = await settings(new Words(asked));
  let chat = null;
  const host = new Host(known.origins ?? [], {
    identify: (word) => chat?.identify(word.token || null),
    shown: (word) => chat?.shown(Boolean(word.shown)),
  });
  const { title, colour, lang, token, shown, closes, kept } = await host.hello();
  for (const [where, memory] of Object.entries({ lasting, passing })) {
    if (memory.isBlocked) memory.adopt(kept?.[where] ?? {}, (key, value) => host.tell("keep", { where, key, value }));
  }
  const look = { ...known, title: title || known.title, colour: colour || known.colour, shown, closes };
  chat = new Chat(look, new Words(lang || asked), host);
  chat.identify(token || null);
  if (!host.isFramed && hasKeyboard()) byId("text").focus();
}

begin();

// The visitor's own messages until the server has stored them: kept over reloads, sent again with the same id, in order.

import { lasting } from "./memory.js";

const FIRST_RETRY_MS = 1500;
const LONGEST_RETRY_MS = 30000;
const FRESH_MS = 60 * 60 * 1000; // what is older isn't sent behind the visitor's back when a page is opened

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  #canSend;
  #send;
  #changed;
  #owner = "";
  #items = new Map(); // by id, in the order in which they were written
  #isSending = false;
  #tries = 0;
  #timer = 0;

  // canSend(): whether there is a connection; send(item): gives {ok, retry, error}; changed(item): it has another state.
  constructor({ canSend, send, changed }) {
    this.#canSend = canSend;
    this.#send = send;
    this.#changed = changed;
  }

  // Takes up what a visitor wrote before the page was loaded anew.
  open(owner, words) {
    clearTimeout(this.#timer);
    this.#owner = owner;
    this.#items.clear();
    for (const item of this.#kept()) {
      const isFresh = Date.now() - item.at < FRESH_MS;
      this.#items.set(item.id, { ...item, state: isFresh ? "waiting" : "failed", error: isFresh ? "" : words.say("old") });
    }
    this.#items.forEach((item) => this.#changed(item));
  }

  // text: as people read it; payload: what a button stands for.
  add(text, payload = text) {
    const item = { id: newId(), text, payload, at: Date.now(), state: "waiting", error: "" };
    this.#items.set(item.id, item);
    lasting.set(this.#key(item), JSON.stringify({ id: item.id, text, payload, at: item.at }));
    this.flush();
    if (item.state === "waiting") this.#changed(item);
  }

  // It is stored.
  settle(id) {
    const item = this.#items.get(id);
    if (!item) return;
    this.#items.delete(id);
    lasting.remove(this.#key(item));
    this.#change(item, "sent");
  }

  drop(id) {
    const item = this.#items.get(id);
    if (!item) return;
    this.#items.delete(id);
    lasting.remove(this.#key(item));
  }

  // Leaves nothing of a visitor behind who logs out.
  empty() {
    [...this.#items.keys()].forEach((id) => this.drop(id));
  }

  again(id) {
    const item = this.#items.get(id);
    if (item) this.#change(item, "waiting");
    this.#tries = 0;
    this.flush();
  }

  // Sends what waits, one after the other: each only when the one before it is stored.
  async flush() {
    if (this.#isSending || !this.#canSend()) return;
    clearTimeout(this.#timer);
    this.#isSending = true;
    let item = this.#next();
    while (item && (await this.#deliver(item))) item = this.#next();
    this.#isSending = false;
    if (item && this.#canSend()) this.#later();
  }

  #next() {
    return [...this.#items.values()].find((item) => item.state !== "failed");
  }

  async #deliver(item) {
    const owner = this.#owner;
    this.#change(item, "sending");
    const answer = await this.#send(item);
    if (owner !== this.#owner || !this.#items.has(item.id)) return true; // somebody else is here now, or it arrived
    if (answer.ok) {
      this.#tries = 0;
      this.settle(item.id);
    } else {
      this.#change(item, answer.retry ? "waiting" : "failed", answer.error);
    }
    return answer.ok || !answer.retry;
  }

  #later() {
    const most = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#tries);
    this.#tries += 1;
    this.#timer = setTimeout(() => this.flush(), most * (0.5 + Math.random() / 2)); // not all browsers at once
  }

  #change(item, state, error = "") {
    Object.assign(item, { state, error: error || "" });
    this.#changed(item);
  }

  // A name of its own for each, so that tabs that write at the same time don't overwrite each other's.
  #key(item) {
    return `pending/${this.#owner}/${item.at}/${item.id}`;
  }

  #kept() {
    const items = lasting.under(`pending/${this.#owner}/`).map((key) => {
      try {
        return JSON.parse(lasting.get(key));
      } catch {
        return null;
      }
    });
    return items.filter((item) => item?.id).sort((one, other) => one.at - other.at);
  }
}

// Where the visitor writes: grows with the text, counts near its limit, keeps a draft over a reload.

import { icon } from "./dom.js";
import { passing } from "./memory.js";

const COUNTS_FROM = 0.85; // of what is allowed
const CODE_OF_COMPOSING = 229; // Safari ends a composition before the key that ended it

export class Composer {
  #form;
  #field;
  #button;
  #count;
  #words;
  #longest;
  #draft = "";

  constructor(form, words, longest, send) {
    this.#form = form;
    this.#field = form.querySelector("textarea");
    this.#button = form.querySelector("button");
    this.#count = form.querySelector(".count");
    this.#words = words;
    this.#longest = longest;
    form.querySelector("label").textContent = words.say("message");
    this.#field.placeholder = words.say("placeholder");
    this.#button.setAttribute("aria-label", words.say("send"));
    this.#button.append(icon("send"));
    this.#field.addEventListener("input", () => this.#typed());
    this.#field.addEventListener("keydown", (event) => this.#pressed(event));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(send);
    });
  }

  // Takes up what somebody was writing.
  open(owner) {
    this.#draft = `draft/${owner}`;
    this.#field.value = passing.get(this.#draft) ?? "";
    this.#typed();
  }

  empty() {
    passing.remove(this.#draft);
    this.#field.value = "";
    this.#typed();
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  #submit(send) {
    const text = this.#field.value.trim();
    if (!text || text.length > this.#longest) return;
    this.empty();
    send(text);
    this.focus();
  }

  #pressed(event) {
    const isComposing = event.isComposing || event.keyCode === CODE_OF_COMPOSING;
    if (event.key !== "Enter" || event.shiftKey || isComposing) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #typed() {
    const text = this.#field.value;
    passing.set(this.#draft, text);
    this.#field.style.setProperty("block-size", "auto");
    this.#field.style.setProperty("block-size", `${this.#field.scrollHeight + 2}px`); // with its borders
    this.#tell(text.trim().length);
  }

  #tell(length) {
    const left = this.#longest - length;
    const isNear = length > this.#longest * COUNTS_FROM;
    this.#count.textContent = isNear ? this.#words.say(left < 0 ? "over" : "left", { count: Math.abs(left) }) : "";
    this.#field.setAttribute("aria-invalid", String(left < 0));
    this.#button.setAttribute("aria-disabled", String(length === 0 || left < 0));
  }
}

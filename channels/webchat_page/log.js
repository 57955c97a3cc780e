// The conversation as it is shown: each message once, at its place, those that aren't stored yet at the end.

import { make } from "./dom.js";
import { draw, drawState, renewLinks } from "./message.js";
import { dayName } from "./words.js";

const NEAR_END_PX = 90;
const TOGETHER_MS = 5 * 60 * 1000; // what one author says within it needs one name and one time

function same(one, other) {
  return one.trim().toLocaleLowerCase() === other.trim().toLocaleLowerCase();
}

export class Log {
  #root;
  #words;
  #acts;
  #placed = new Map(); // by sequence
  #own = new Map(); // by message id
  #dots;
  #isQuiet = true;
  #wasAtEnd = true;

  // acts: choose(choice), again(id), drop(id), refresh(message, link), scrolled(isAtEnd).
  constructor(root, words, acts) {
    this.#root = root;
    this.#words = words;
    this.#acts = acts;
    this.#dots = make("div", { className: "message bot dots", "aria-hidden": "true", hidden: true },
      make("div", { className: "bubble" }, make("i"), make("i"), make("i")));
    root.append(this.#dots);
    root.addEventListener("scroll", () => acts.scrolled(this.isAtEnd()), { passive: true });
    new ResizeObserver(() => this.#wasAtEnd && this.toEnd()).observe(root);
  }

  get isEmpty() {
    return this.#placed.size === 0 && this.#own.size === 0;
  }

  get last() {
    return Math.max(0, ...this.#placed.keys());
  }

  clear() {
    this.#placed.clear();
    this.#own.clear();
    this.#root.replaceChildren(this.#dots);
    this.typing(false);
    this.quiet(true);
  }

  // While a history comes in nothing is read aloud, and nothing moves.
  quiet(isQuiet) {
    if (isQuiet === this.#isQuiet) return;
    this.#isQuiet = isQuiet;
    this.#root.setAttribute("aria-live", isQuiet ? "off" : "polite");
    this.#root.setAttribute("aria-busy", String(isQuiet));
    this.#root.classList.toggle("quiet", isQuiet);
    if (isQuiet) return;
    this.#settleOffers();
    this.toEnd();
  }

  show(author, message) {
    const stays = !this.#isQuiet && !this.isAtEnd();
    const element = this.#drawn(author, message);
    this.#place(element, message.sequence);
    this.#placed.set(message.sequence, element);
    this.#arrange(element);
    if (this.#isQuiet) return;
    this.#settleOffers();
    if (!stays) this.toEnd();
  }

  has(sequence) {
    return this.#placed.has(sequence);
  }

  // The address of a document is only good for a while, and comes again when it is asked for.
  renew(message) {
    if (message.attachment) renewLinks(this.#placed.get(message.sequence), message.attachment);
  }

  // How many messages of others came after one.
  othersAfter(sequence) {
    return [...this.#placed].filter(([at, element]) => at > sequence && !element.matches(".customer")).length;
  }

  // Shows an own message that isn't stored yet, or how far it has come.
  pend(item) {
    const known = this.#own.get(item.id);
    const element = known ?? this.#drawn("customer", { text: item.text, at: item.at, message_id: item.id });
    drawState(element, item, this.#words, { again: () => this.#acts.again(item.id), drop: () => this.#acts.drop(item.id) });
    if (known) return;
    this.#root.insertBefore(element, this.#dots);
    this.#arrange(element);
    this.#settleOffers();
    this.toEnd();
  }

  drop(id) {
    const element = this.#own.get(id);
    if (!element || element.dataset.sequence) return;
    const next = element.nextElementSibling;
    element.remove();
    this.#own.delete(id);
    if (next !== this.#dots) this.#arrange(next);
    this.#settleOffers();
  }

  typing(isOn) {
    const stays = !this.isAtEnd();
    this.#dots.hidden = !isOn;
    if (!stays) this.toEnd();
  }

  isAtEnd() {
    this.#wasAtEnd = this.#root.scrollHeight - this.#root.scrollTop - this.#root.clientHeight < NEAR_END_PX;
    return this.#wasAtEnd;
  }

  toEnd() {
    this.#root.scrollTop = this.#root.scrollHeight;
    this.#wasAtEnd = true;
    this.#acts.scrolled(true);
  }

  // An own message that comes back from the server is the one that is shown already.
  #drawn(author, message) {
    const own = author === "customer" && message.message_id;
    const waiting = own && this.#own.get(own);
    const element = draw(author, message, this.#words, this.#acts);
    if (author === "customer") drawState(element, { state: "sent" }, this.#words, {});
    if (own) this.#own.set(own, element);
    if (waiting && !waiting.dataset.sequence) waiting.remove();
    if (!this.#isQuiet && !waiting) element.classList.add("new");
    return element;
  }

  #place(element, sequence) {
    element.dataset.sequence = sequence;
    let after = this.#dots.previousElementSibling;
    while (after && !(Number(after.dataset.sequence) < sequence)) after = after.previousElementSibling;
    if (after) after.after(element);
    else this.#root.prepend(element);
  }

  // Names, times and days stand only where they are news.
  #arrange(element) {
    this.#join(element.previousElementSibling, element);
    if (element.nextElementSibling !== this.#dots) this.#join(element, element.nextElementSibling);
  }

  #join(before, element) {
    const at = new Date(Number(element.dataset.at));
    const earlier = before && new Date(Number(before.dataset.at));
    const isSameDay = earlier?.toDateString() === at.toDateString();
    const follows = isSameDay && before.dataset.by === element.dataset.by && at - earlier < TOGETHER_MS;
    element.classList.toggle("follows", follows);
    before?.classList.toggle("goes-on", follows);
    element.querySelector(".day")?.remove();
    if (!isSameDay) element.prepend(make("p", { className: "day" }, make("time", { textContent: dayName(at) })));
  }

  // Only what was offered last can be chosen, and once.
  #settleOffers() {
    const offers = [...this.#root.querySelectorAll(".choices")];
    for (const offer of offers) {
      const chosen = this.#chosen(offer);
      this.#close(offer, chosen !== undefined || offer !== offers.at(-1), chosen);
    }
  }

  #chosen(offer) {
    const titles = [...offer.querySelectorAll("button")].map((button) => button.textContent);
    let later = offer.closest(".message").nextElementSibling;
    while (later) {
      const said = later.matches(".customer") ? later.querySelector(".text")?.textContent ?? "" : null;
      const title = said !== null && titles.find((one) => same(one, said));
      if (title) return title;
      later = later.nextElementSibling;
    }
    return undefined;
  }

  #close(offer, isClosed, chosen) {
    offer.classList.toggle("closed", isClosed);
    const hadFocus = isClosed && offer.contains(document.activeElement);
    for (const button of offer.querySelectorAll("button")) {
      button.disabled = isClosed;
      button.setAttribute("aria-pressed", String(button.textContent === chosen));
    }
    if (hadFocus) this.#root.focus({ preventScroll: true }); // a button that is off would lose it to nowhere
  }
}


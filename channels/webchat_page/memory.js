// What outlives a reload. Many browsers let a frame of another site keep nothing: then the site keeps it for us, and
// where there is none that does, it lives as long as the page.

const PREFIX = "frontdesk.";

class Memory {
  #storage;
  #own = new Map();
  #keep = () => {};

  constructor(name) {
    try {
      this.#storage = window[name];
      this.#storage.setItem(`${PREFIX}probe`, "");
      this.#storage.removeItem(`${PREFIX}probe`);
    } catch { // blocked, as in many frames of other sites
      this.#storage = null;
    }
  }

  get isBlocked() {
    return this.#storage === null;
  }

  // Takes up what the site has kept; keep(key, value) has it keep more, or forget it (null).
  adopt(kept, keep) {
    this.#own = new Map(Object.entries(kept));
    this.#keep = keep;
  }

  get(key) {
    return this.#storage?.getItem(PREFIX + key) ?? this.#own.get(key) ?? null;
  }

  set(key, value) {
    try {
      if (this.#storage) {
        this.#storage.setItem(PREFIX + key, value);
        return;
      }
    } catch { /* full: the page itself still knows it */ }
    this.#own.set(key, value);
    this.#keep(key, value);
  }

  remove(key) {
    this.#storage?.removeItem(PREFIX + key);
    if (this.#own.delete(key)) this.#keep(key, null);
  }

  // The names under a name, such as all of `pending/a/`.
  under(prefix) {
    const stored = this.#storage ? Object.keys(this.#storage) : [];
    const known = stored.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
    return [...new Set([...known, ...this.#own.keys()])].filter((key) => key.startsWith(prefix));
  }
}

export const lasting = new Memory("localStorage"); // of all tabs
export const passing = new Memory("sessionStorage"); // of this one

// Calls back with the name of whatever another tab changes.
export function onChange(changed) {
  window.addEventListener("storage", (event) => {
    if (event.key?.startsWith(PREFIX)) changed(event.key.slice(PREFIX.length));
  });
}

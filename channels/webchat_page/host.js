// Speaks with the site that shows the chat in a frame. Only the window above is listened to, and only if the server
// lists its origin: whoever could speak here could log a visitor in as somebody else.

export class Host {
  #origins;
  #origin = null;
  #handlers;

  // handlers: by the kind of word that the site says.
  constructor(origins, handlers) {
    this.#origins = new Set([...origins, location.origin]);
    this.#handlers = handlers;
    this.isFramed = window.parent !== window;
  }

  // Waits until the site's script has said how the chat looks there, and who is logged in. A site that shows the page in
  // a frame by itself has no script, and says nothing.
  async hello() {
    if (!this.isFramed || !new URLSearchParams(location.search).has("embedded")) return {};
    return new Promise((greeted) => {
      window.addEventListener("message", (event) => this.#hear(event, greeted));
      window.parent.postMessage({ frontdesk: "ready" }, "*"); // who is above isn't known yet; this tells nothing
    });
  }

  tell(kind, more = {}) {
    if (this.#origin) window.parent.postMessage({ frontdesk: kind, ...more }, this.#origin);
  }

  #hear(event, greeted) {
    const word = event.data;
    if (event.source !== window.parent || !this.#origins.has(event.origin) || typeof word?.frontdesk !== "string") return;
    this.#origin = event.origin;
    if (word.frontdesk === "hello") greeted(word);
    else if (Object.hasOwn(this.#handlers, word.frontdesk)) this.#handlers[word.frontdesk](word);
  }
}

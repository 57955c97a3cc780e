// The way to the server: one session at a time, which outlives lost connections.

const { io } = window; // socket.io.min.js

const ACK_MS = 10000;
const SETUP_MS = 15000;
const LONGEST_PAUSE_MS = 8000;
const TRANSPORTS = ["websocket", "polling"]; // the first needs no sticky sessions of several servers

export class Connection {
  #socket;
  #on;
  #token = null;
  #session = null;
  #last = 0;
  #wanted = Infinity; // from where on everything is to come once more
  #isReady = false;
  #isPaused = false;
  #setup = 0;
  #breakOff = () => {};

  // on: state(name, reason), session(id), message(author, message), end(), typing(isOn), standing(standing).
  constructor(path, on) {
    this.#on = on;
    this.#socket = io({ path, transports: TRANSPORTS, tryAllTransports: true, autoConnect: false, reconnectionDelayMax: LONGEST_PAUSE_MS });
    this.#socket.on("connect", () => this.#begin());
    this.#socket.on("disconnect", (reason) => this.#lost(reason));
    this.#socket.on("connect_error", () => this.#broken());
    this.#socket.on("session_confirm", (id) => this.#confirmed(id));
    this.#socket.on("session_refused", (told) => this.#refused(told?.error ?? ""));
    this.#socket.on("history_end", () => this.#complete());
    this.#socket.on("bot_uttered", (message) => this.#heard(message.author === "agent" ? "agent" : "bot", message));
    this.#socket.on("customer_uttered", (message) => this.#heard("customer", message));
    this.#socket.on("bot_typing", (told) => on.typing(Boolean(told?.on)));
    this.#socket.on("standing", (told) => on.standing(told));
    window.addEventListener("offline", () => this.#goneOffline());
    window.addEventListener("online", () => this.again());
    window.addEventListener("pageshow", (event) => event.persisted && this.again());
    document.addEventListener("visibilitychange", () => !document.hidden && this.wake());
    for (const sign of ["focus", "pointerdown", "keydown"]) window.addEventListener(sign, () => this.#isPaused && this.again());
  }

  // Opens the conversation of whom the token names, or that of an anonymous session.
  open(session, token) {
    this.#session = session;
    this.#token = token;
    this.#last = 0;
    this.again();
  }

  // The same person's, with a fresh token.
  renew(token) {
    this.#token = token;
    this.again();
  }

  // Without waiting for the next try; a new socket, so that nothing of an earlier conversation can come any more.
  again() {
    this.#isReady = false;
    this.#isPaused = false;
    this.#socket.disconnect();
    this.#on.state(navigator.onLine ? "connecting" : "offline");
    this.#socket.connect();
  }

  // Has a message sent to us anew: a link in it is only good for a while.
  askAgain(sequence) {
    this.#wanted = sequence; // also if the connection turns out to be lost
    if (this.#isReady) this.#request();
  }

  // Somebody looks at the page again: the next try mustn't wait.
  wake() {
    if (!this.#socket.connected) this.again();
  }

  get isReady() {
    return this.#isReady;
  }

  // Gives what the server says of a message, or that it is to be sent again: the same id makes it one.
  async send(item) {
    const lost = new Promise((over) => { this.#breakOff = () => over({ ok: false, retry: true }); });
    return Promise.race([this.#acknowledged(item), lost]);
  }

  async #acknowledged({ id, payload }) {
    try {
      const answer = await this.#socket.timeout(ACK_MS).emitWithAck("user_uttered", { message: payload, message_id: id });
      return answer ?? { ok: true };
    } catch { // whether it arrived isn't known
      return { ok: false, retry: true };
    }
  }

  #begin() {
    clearTimeout(this.#setup);
    this.#setup = setTimeout(() => this.again(), SETUP_MS);
    this.#request();
  }

  #request() {
    const after = Math.min(this.#last, this.#wanted - 1);
    this.#socket.emit("session_request", { session_id: this.#session, token: this.#token, after });
  }

  #confirmed(id) {
    if (this.#token || id === this.#session) return;
    const isOther = this.#last > 0;
    this.#session = id;
    this.#last = 0;
    this.#on.session(id);
    if (isOther) this.again(); // what was asked for counted from the end of a conversation that is over
  }

  #complete() {
    clearTimeout(this.#setup);
    this.#isReady = true;
    this.#wanted = Infinity;
    this.#on.state("ready");
    this.#on.end();
  }

  #heard(author, message) {
    this.#last = Math.max(this.#last, message.sequence ?? 0);
    this.#on.message(author, message);
  }

  #refused(reason) {
    clearTimeout(this.#setup);
    this.#isReady = false;
    this.#socket.disconnect();
    this.#on.state("refused", reason);
  }

  #lost(reason) {
    clearTimeout(this.#setup);
    this.#isReady = false;
    this.#breakOff();
    this.#socket.sendBuffer = []; // else it would come before the session, and be taken for another visitor's
    if (reason === "io client disconnect") return; // we did it
    if (reason === "io server disconnect") this.#pause();
    else this.#broken();
  }

  // So many tabs have this conversation that the server closed the oldest: it goes on where the visitor is.
  #pause() {
    this.#isPaused = true;
    this.#on.state("paused");
  }

  #broken() {
    this.#on.state(navigator.onLine ? "unreachable" : "offline");
  }

  // The browser knows before the socket does. If it errs, the next try shows it.
  #goneOffline() {
    if (this.#socket.connected) this.#socket.io.engine.close();
    else this.#broken();
  }
}

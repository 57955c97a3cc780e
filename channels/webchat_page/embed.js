// Puts the chat on a company's own site, by one script tag:
//   <script src="https://chat.example.com/webhooks/webchat/embed.js" data-colour="#1a5c48" async></script>
// It touches nothing of the site: a button in a shadow tree, and behind it a frame of the chat's own origin.
(() => {
  "use strict";

  const script = document.currentScript;
  if (!script || window.Frontdesk) return;

  const source = new URL(script.src);
  const given = script.dataset;
  const NARROW = window.matchMedia("(max-width: 480px), (max-height: 420px)");
  const COLOUR = /^#[0-9a-f]{6}$/i;
  const REMEMBERED = "frontdesk.chat"; // for as long as the tab is there: open, or closed after it was used
  const KEPT = "frontdesk.kept.";
  const STORAGES = { lasting: "localStorage", passing: "sessionStorage" };
  const WORDS = { open: "Open the chat", close: "Close the chat" };
  const DEFAULTS = { title: "Chat", colour: "#1a5c48", position: "right" };

  const STYLE = `
    :host { all: initial; position: fixed; z-index: 2147483000; inset: auto; color-scheme: light dark; }
    *, *::before, *::after { box-sizing: border-box; }
    button {
      position: fixed; inset-block-end: calc(20px + env(safe-area-inset-bottom)); right: calc(20px + env(safe-area-inset-right));
      display: grid; place-items: center; inline-size: 60px; block-size: 60px; margin: 0; padding: 0; cursor: pointer;
      color: var(--on); background: var(--colour); border: 2px solid transparent; border-radius: 50%;
      box-shadow: 0 1px 2px rgb(0 0 0 / .2), 0 8px 24px rgb(0 0 0 / .22); transition: transform .18s ease, box-shadow .18s ease;
    }
    button:hover { transform: translateY(-2px); box-shadow: 0 2px 4px rgb(0 0 0 / .2), 0 12px 28px rgb(0 0 0 / .28); }
    button:focus-visible { outline: 3px solid var(--colour); outline-offset: 3px; box-shadow: 0 0 0 3px #fff, 0 0 0 8px #000; }
    svg { grid-area: 1 / 1; inline-size: 28px; block-size: 28px; fill: currentColor; transition: opacity .18s, transform .18s; }
    svg.shut { fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linecap: round; }
    .open svg.talk, button:not(.open) svg.shut { opacity: 0; transform: scale(.6); }
    .badge {
      position: absolute; inset-block-start: -4px; right: -4px; min-inline-size: 22px; padding: 0 6px; border-radius: 11px;
      font: 600 13px/22px system-ui, sans-serif; color: #fff; background: #b3261e; border: 0; box-shadow: 0 0 0 2px #fff;
    }
    .panel {
      position: fixed; inset-block-end: calc(96px + env(safe-area-inset-bottom)); right: calc(20px + env(safe-area-inset-right));
      inline-size: min(408px, calc(100vw - 40px)); block-size: min(680px, calc(100dvh - 124px)); overflow: hidden;
      background: Canvas; border: 1px solid rgb(128 128 128 / .28); border-radius: 20px;
      box-shadow: 0 2px 6px rgb(0 0 0 / .08), 0 18px 56px rgb(0 0 0 / .24); animation: rise .22s cubic-bezier(.2, .8, .3, 1);
    }
    .left button { right: auto; left: calc(20px + env(safe-area-inset-left)); }
    .left .panel { right: auto; left: calc(20px + env(safe-area-inset-left)); }
    iframe { display: block; inline-size: 100%; block-size: 100%; border: 0; }
    [hidden] { display: none !important; }
    .unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @keyframes rise { from { opacity: 0; transform: translateY(14px); } }
    .narrow .panel {
      inset: 0; inline-size: 100%; block-size: var(--height, 100dvh); transform: translateY(var(--top, 0)); border: 0; border-radius: 0;
      padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);
    }
    .narrow button.open { display: none; }
    @media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
    @media (forced-colors: active) { button, .badge { border: 2px solid ButtonText; } svg { forced-color-adjust: auto; } }
    @media print { :host { display: none; } }
  `;

  const place = document.createElement("div");
  const root = document.createElement("div");
  const launcher = document.createElement("button");
  const badge = document.createElement("span");
  const spoken = document.createElement("span");
  let look = { ...DEFAULTS, ...known(given) };
  let panel = null;
  let frame = null;
  let isReady = false;
  let isOpen = false;
  let token = null;
  let scrolling = "";

  function known({ title, colour, position }) {
    return {
      ...(title && { title }),
      ...(COLOUR.test(colour ?? "") && { colour }),
      ...(["left", "right"].includes(position) && { position }),
    };
  }

  // --- What is remembered while the visitor goes from page to page

  function recall() {
    try {
      return sessionStorage.getItem(REMEMBERED);
    } catch {
      return null;
    }
  }

  function remember(state) {
    try {
      sessionStorage.setItem(REMEMBERED, state);
    } catch { /* blocked: the chat is closed on the next page */ }
  }

  // Many browsers let a frame of another site keep nothing. What the chat would keep is kept here, then.

  function kept(where) {
    try {
      const storage = window[STORAGES[where]];
      const keys = Object.keys(storage).filter((key) => key.startsWith(KEPT));
      return Object.fromEntries(keys.map((key) => [key.slice(KEPT.length), storage.getItem(key)]));
    } catch {
      return {};
    }
  }

  function keep({ where, key, value }) {
    try {
      if (value === null) window[STORAGES[where]].removeItem(KEPT + key);
      else window[STORAGES[where]].setItem(KEPT + key, value);
    } catch { /* blocked, or full: the chat itself still knows it */ }
  }

  // --- How it looks

  // Black or white, whichever is legible on a colour.
  function on(colour) {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
  }

  function drawing(kind, path) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", kind);
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  }

  // A stylesheet that is made by script needs no leave of the site's Content-Security-Policy.
  function dress(shadow) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      shadow.adoptedStyleSheets = [sheet];
    } catch { // browsers before 2023
      const style = document.createElement("style");
      style.textContent = STYLE;
      shadow.append(style);
    }
  }

  function paint() {
    root.style.setProperty("--colour", look.colour);
    root.style.setProperty("--on", on(look.colour));
    root.classList.toggle("left", look.position === "left");
    if (frame) frame.title = look.title;
    if (panel) panel.setAttribute("aria-label", look.title);
  }

  // On a phone the chat has the whole screen, above the keyboard, and the site behind it stands still.
  function fit() {
    const isFull = isOpen && NARROW.matches;
    const page = document.documentElement;
    root.classList.toggle("narrow", NARROW.matches);
    if (isFull && page.style.overflow !== "hidden") {
      scrolling = page.style.overflow;
      page.style.overflow = "hidden";
    } else if (!isFull && page.style.overflow === "hidden") {
      page.style.overflow = scrolling;
    }
    const view = window.visualViewport;
    if (!view || !panel) return;
    panel.style.setProperty("--height", `${view.height}px`);
    panel.style.setProperty("--top", `${view.offsetTop}px`);
  }

  // --- The frame

  function create() {
    panel = document.createElement("div");
    panel.className = "panel";
    panel.setAttribute("role", "dialog");
    panel.hidden = true;
    frame = document.createElement("iframe");
    frame.src = new URL("page?embedded", source).href;
    frame.referrerPolicy = "origin";
    panel.append(frame);
    root.prepend(panel);
    paint();
  }

  function tell(kind, more = {}) {
    if (isReady) frame.contentWindow.postMessage({ frontdesk: kind, ...more }, source.origin);
  }

  function hear(event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== source.origin) return;
    const word = event.data ?? {};
    if (word.frontdesk === "ready") greet();
    else if (word.frontdesk === "close") close();
    else if (word.frontdesk === "unread") count(word.count, word.words);
    else if (word.frontdesk === "keep") keep(word);
    else if (word.frontdesk === "refused") announce("refused", { error: word.error });
  }

  function greet() {
    isReady = true;
    const all = { lasting: kept("lasting"), passing: kept("passing") };
    const { title, colour } = known(given); // what isn't given is as the company's settings say
    tell("hello", { title, colour, lang: given.lang, token, shown: isOpen, closes: true, kept: all });
    if (isOpen) tell("shown", { shown: true });
  }

  function count(unread, words) {
    badge.hidden = !unread;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    spoken.textContent = words || "";
  }

  function announce(kind, detail = {}) {
    window.dispatchEvent(new CustomEvent(`frontdesk:${kind}`, { detail }));
  }

  // --- What the site may do

  function open() {
    if (isOpen) return;
    if (!frame) create();
    isOpen = true;
    panel.hidden = false;
    launch();
    fit();
    remember("open");
    frame.focus();
    tell("shown", { shown: true });
    announce("open");
  }

  function close() {
    if (!isOpen) return;
    const hadFocus = root.getRootNode().activeElement !== null;
    isOpen = false;
    panel.hidden = true;
    launch();
    fit();
    remember("closed");
    tell("shown", { shown: false });
    if (hadFocus) launcher.focus();
    announce("close");
  }

  function identify(signed) {
    token = signed || null;
    tell("identify", { token });
  }

  function launch() {
    launcher.classList.toggle("open", isOpen);
    launcher.setAttribute("aria-expanded", String(isOpen));
    launcher.setAttribute("aria-label", isOpen ? WORDS.close : WORDS.open);
  }

  // --- The beginning

  // The company's own settings, where the tag says nothing else; the site's policy may forbid to ask.
  async function ask() {
    try {
      const answer = await fetch(new URL("settings", source), { credentials: "omit" });
      look = { ...look, ...known(await answer.json()), ...known(given) };
      paint();
    } catch { /* the defaults do */ }
  }

  function resume() {
    const state = recall();
    const opens = state === "open" || (state === null && "open" in given);
    if (opens && !NARROW.matches) open(); // on a phone it would hide the page that was just asked for
    else if (state !== null) create(); // so that the badge counts on every page
    fit();
  }

  function build() {
    const shadow = place.attachShadow({ mode: "open" });
    dress(shadow);
    launcher.type = "button";
    badge.className = "badge";
    badge.hidden = true;
    badge.setAttribute("aria-hidden", "true");
    spoken.className = "unseen";
    spoken.setAttribute("role", "status");
    launcher.append(
      drawing("talk", "M12 3.5c-5 0-9 3.4-9 7.7 0 2.3 1.2 4.4 3.1 5.8-.1 1.2-.6 2.4-1.5 3.4 1.9-.1 3.6-.8 4.9-1.8.8.2 1.6.3 2.5.3 5 0 9-3.4 9-7.7s-4-7.7-9-7.7Z"),
      drawing("shut", "M6 6l12 12M18 6 6 18"),
      badge,
    );
    launcher.addEventListener("click", () => (isOpen ? close() : open()));
    root.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    root.append(launcher, spoken);
    shadow.append(root);
    launch();
    paint();
    document.body.append(place);
  }

  function begin() {
    build();
    window.addEventListener("message", hear);
    NARROW.addEventListener("change", fit);
    window.visualViewport?.addEventListener("resize", fit);
    window.visualViewport?.addEventListener("scroll", fit);
    resume();
    if (!given.colour || !given.position || !given.title) ask();
    announce("ready");
  }

  window.Frontdesk = Object.freeze({ open, close, identify });
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();

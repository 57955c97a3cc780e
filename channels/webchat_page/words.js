// Every word that the page itself says. A further language is a further table here; what it lacks is said in English.

const TABLES = {
  en: {
    title: "Chat",
    assistant: "Assistant",
    agent: "Agent",
    you: "You",
    conversation: "Conversation",
    close: "Close the chat",

    standing_bot: "Assistant",
    standing_waiting: "Waiting for a person. The assistant still answers.",
    standing_agent: "You’re talking with {agent}",

    welcome: "Hello! How can we help?",
    welcome_more: "Write in your own words, or begin with one of these.",
    starters: ["Where is my order?", "I’d like to send something back", "I need a copy of an invoice"],

    message: "Your message",
    placeholder: "Write a message …",
    send: "Send",
    left: { one: "{count} character left", other: "{count} characters left" },
    over: { one: "{count} character too many", other: "{count} characters too many" },

    sending: "Sending …",
    sent: "Sent",
    waiting: "Not sent yet",
    failed: "Not sent",
    old: "This was written a while ago.",
    again: "Try again",
    drop: "Remove",

    writing: "The assistant is writing …",
    newest: "To the newest message",
    unread: { one: "{count} new message", other: "{count} new messages" },

    connecting: "Connecting …",
    offline: "You’re offline. What you write is sent when you’re back.",
    unreachable: "The connection is lost. Trying again; what you write isn’t lost.",
    paused: "The chat is open in many tabs. It goes on here as soon as you click or type.",
    refused: "The chat can’t go on: {reason}. Please reload the page.",

    open: "Open",
    open_file: "Open {name} in a new tab",
    download: "Download",
    download_file: "Download {name}",
    file: "Document",
    file_kind: "{kind} document",
    picture: "Picture",
  },
};

const FALLBACK = "en";
const RIGHT_TO_LEFT = new Set(["ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"]);

function base(language) {
  return language.toLowerCase().split("-")[0];
}

// The language's own words; `lang` is what they really are, `dir` how the page runs.
export class Words {
  constructor(language = FALLBACK) {
    this.lang = [language.toLowerCase(), base(language)].find((one) => one in TABLES) ?? FALLBACK;
    this.dir = RIGHT_TO_LEFT.has(base(language)) ? "rtl" : "ltr";
    this.starters = this.#entry("starters");
  }

  #entry(name) {
    return TABLES[this.lang][name] ?? TABLES[FALLBACK][name];
  }

  say(name, fills = {}) {
    let entry = this.#entry(name);
    if (typeof entry !== "string") entry = entry[new Intl.PluralRules(this.lang).select(fills.count)] ?? entry.other;
    return entry.replace(/\{(\w+)\}/g, (_, fill) => fills[fill] ?? "");
  }
}

// Times and days are written as the visitor is used to, whatever language the page has.

export function clockTime(date) {
  return new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" }).format(date);
}

export function dayName(date, today = new Date()) {
  const midnight = (one) => Date.UTC(one.getFullYear(), one.getMonth(), one.getDate());
  const days = Math.round((midnight(date) - midnight(today)) / 86400000);
  if (days === 0 || days === -1) {
    const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(days, "day");
    return words.charAt(0).toLocaleUpperCase() + words.slice(1);
  }
  const year = date.getFullYear() === today.getFullYear() ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", ...year }).format(date);
}

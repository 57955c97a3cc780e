// Makes addresses in a text clickable, and keeps numbers such as R-2081 on one line. All of it stays text: nothing is
// ever read as HTML.

import { make } from "./dom.js";

const ADDRESS = /\bhttps?:\/\/[^\s<>"“”«»]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;
const REFERENCE = /\b[A-Z]{1,4}(?:-[A-Z0-9]{1,6}){1,2}\b/g;
const CLOSING = { ")": "(", "]": "[", "}": "{" };

// Where an address ends before the sentence around it goes on: "(see https://example.com/a_(b))."
function trimmed(address) {
  let end = address.length;
  while (end > 0) {
    const last = address[end - 1];
    const opening = CLOSING[last];
    const isUnopened = opening && address.slice(0, end).split(opening).length < address.slice(0, end).split(last).length;
    if (!isUnopened && !".,;:!?'’*_".includes(last)) break;
    end -= 1;
  }
  return address.slice(0, end);
}

function anchor(address) {
  const link = document.createElement("a");
  link.textContent = address;
  if (/^https?:/i.test(address)) {
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  } else {
    link.href = `mailto:${address}`;
  }
  return link;
}

export function withReferences(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const { 0: reference, index } of text.matchAll(REFERENCE)) {
    parts.append(text.slice(from, index), make("span", { className: "whole", textContent: reference }));
    from = index + reference.length;
  }
  parts.append(text.slice(from));
  return parts;
}

export function withLinks(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = trimmed(found[0]);
    if (!URL.canParse(address) && !address.includes("@")) continue;
    parts.append(withReferences(text.slice(from, found.index)), anchor(address));
    from = found.index + address.length;
  }
  parts.append(withReferences(text.slice(from)));
  return parts;
}

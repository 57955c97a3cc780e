// The demo shop's own script: who is logged in, as a company's site would do it, and the tag to copy.
"use strict";

const KEPT = "demo.customer";
const TOLD_MS = 2500;
const byId = (id) => document.getElementById(id);

// --- Who one is

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch { // blocked, or nothing
    return null;
  }
}

function keep(customer) {
  try {
    if (customer) sessionStorage.setItem(KEPT, JSON.stringify(customer));
    else sessionStorage.removeItem(KEPT);
  } catch { /* blocked: they are a visitor on the next page */ }
}

function tell(customer) {
  byId("logged").textContent = customer ? `You’re logged in as ${customer.name}.` : "You’re not logged in.";
}

function become(customer) {
  keep(customer);
  tell(customer);
  window.Frontdesk.identify(customer ? customer.token : null);
}

async function chosen() {
  const option = byId("who").selectedOptions[0];
  if (!option.value) {
    become(null);
    return;
  }
  const asked = { as: option.value, verified: byId("verified").checked };
  try {
    const answer = await fetch("demo/token", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error);
    become({ ...asked, name: option.textContent, token: told.token });
  } catch (error) {
    byId("logged").textContent = `That didn’t work: ${error.message}`;
  }
}

async function listPeople() {
  const answer = await fetch("demo/people");
  for (const person of await answer.json()) byId("who").append(new Option(person.name, person.as));
  const customer = kept();
  byId("who").value = customer?.as ?? "";
  byId("verified").checked = customer?.verified ?? false;
  tell(customer);
}

// --- The script tag

async function showTag() {
  const look = await (await fetch("settings")).json();
  const source = new URL("embed.js", location.href);
  byId("tag").textContent = [
    `<script src="${source.href}"`,
    `  data-title="${look.title}"`,
    `  data-colour="${look.colour}"`,
    `  data-position="${look.position}" async></script>`,
  ].join("\n");
}

async function copyTag() {
  try {
    await navigator.clipboard.writeText(byId("tag").textContent);
    byId("copied").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(byId("tag"));
    byId("copied").textContent = "Selected: copy it with the keyboard.";
  }
  setTimeout(() => { byId("copied").textContent = ""; }, TOLD_MS);
}

// --- Once the chat is there

function begin() {
  const customer = kept();
  if (customer) window.Frontdesk.identify(customer.token);
  byId("ask").addEventListener("click", () => window.Frontdesk.open());
  byId("people").addEventListener("change", chosen);
  byId("people").addEventListener("submit", (event) => event.preventDefault());
}

if (window.Frontdesk) begin();
else addEventListener("frontdesk:ready", begin);
addEventListener("frontdesk:refused", () => keep(null)); // the token has ended: a visitor after the next reload
byId("copy").addEventListener("click", copyTag);
listPeople();
showTag();

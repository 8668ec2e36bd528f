// Getting in: asks the API, shows one step at a time, says what went wrong beside what was typed.
"use strict";

const api = "/api/v1";
let csrf = "";
// A page of this server, as the server says: where somebody was going.
const target = document.querySelector("main").dataset.next || "/";
// What is said here, and what the API always says alike, in the page's language; anything else as it came.
const words = JSON.parse(document.querySelector("main").dataset.words || "{}");
const told = (text) => words[text] || text;

const at = (id) => document.getElementById(id);

function say(text, field) {
  const said = at("said");
  said.textContent = text;
  said.hidden = !text;
  for (const input of document.querySelectorAll("input")) input.removeAttribute("aria-invalid");
  if (field) {
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }
}

async function ask(method, path, body) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (csrf) headers["x-tieout-csrf"] = csrf;
  let reply;
  try {
    reply = await fetch(api + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Error(told("the server does not answer: try again"));
  }
  const said = (reply.headers.get("content-type") || "").includes("json") && reply.status !== 204 ? await reply.json() : {};
  if (!reply.ok) throw new Error(said.detail ? told(said.detail) : told("answered with {status}").replace("{status}", reply.status));
  if (said.csrf) csrf = said.csrf;
  return said;
}

function show(id) {
  for (const section of document.querySelectorAll("main section")) section.hidden = section.id !== id;
  say("");
  const input = at(id).querySelector("input, button");
  if (input) input.focus();
}

// Runs a step with its button held, so that nothing is sent twice.
async function step(button, field, act) {
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    if (field && field.type === "password") field.select();
    say(error.message, field);
  } finally {
    button.disabled = false;
  }
}

async function go(signed) {
  if (signed.next === "second_factor") {
    at("passkey-second").hidden = !signed.factors.includes("passkey");
    show("code");
  } else if (signed.next === "enrol") {
    await offer();
  } else {
    location.assign(target);
  }
}

async function offer() {
  const made = await ask("POST", "/me/totp");
  const picture = new DOMParser().parseFromString(made.qr, "image/svg+xml").documentElement;
  at("qr").replaceChildren(document.importNode(picture, true));
  at("secret").textContent = made.secret.replace(/(.{4})/g, "$1 ").trim();
  show("enrol");
}

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function answered(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = text(credential.response[name]);
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} };
}

async function withPasskey() {
  const asked = await ask("POST", "/sign-in/passkey/question");
  const options = { ...asked.options, challenge: bytes(asked.options.challenge), allowCredentials: [] };
  const credential = await navigator.credentials.get({ publicKey: options }).catch(() => null);
  if (!credential) throw new Error(told("no passkey was used: try again, or use your password"));
  await go(await ask("POST", "/sign-in/passkey", { question: asked.question, answer: answered(credential) }));
}

async function makePasskey() {
  const asked = await ask("POST", "/me/passkeys/question");
  const options = { ...asked.options, challenge: bytes(asked.options.challenge) };
  options.user = { ...options.user, id: bytes(options.user.id) };
  options.excludeCredentials = (options.excludeCredentials || []).map((c) => ({ ...c, id: bytes(c.id) }));
  const credential = await navigator.credentials.create({ publicKey: options }).catch(() => null);
  if (!credential) throw new Error(told("no passkey was made: try again, or use an authenticator app"));
  await go(await ask("POST", "/me/passkeys", { question: asked.question, answer: answered(credential), label: "passkey" }));
}

function on(form, field, act) {
  if (!at(form)) return;
  at(form).addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.target.querySelector("button");
    const empty = [...event.target.querySelectorAll("input[required]")].find((x) => !x.value.trim());
    if (empty) return say(told("{field}: something was expected here").replace("{field}", () => document.querySelector(`label[for=${empty.id}]`).textContent), empty);
    step(button, at(field), act);
  });
}

on("password-form", "password", async () =>
  go(await ask("POST", "/sign-in", { name: at("name").value, password: at("password").value })));

on("welcome-form", "password", async () => {
  if (at("password").value !== at("again").value) throw new Error(told("the two passwords differ: type the same twice"));
  const name = at("name") ? at("name").value.trim() : "";
  await go(await ask("POST", "/welcome", { token: location.hash.slice(1), name, password: at("password").value }));
  // The link served: it need not stand in the address any more.
  history.replaceState(null, "", location.pathname);
});

on("code-form", "otp", async () => go(await ask("POST", "/sign-in/code", { code: at("otp").value })));

on("enrol-form", "first-code", async () => {
  const made = await ask("PUT", "/me/totp", { code: at("first-code").value });
  at("codes").replaceChildren(...made.recovery_codes.map((code) => {
    const item = document.createElement("li");
    item.textContent = code;
    return item;
  }));
  show("recovery");
});

for (const [id, act] of [["passkey", withPasskey], ["passkey-second", withPasskey], ["passkey-enrol", makePasskey]])
  if (at(id)) at(id).addEventListener("click", (event) => step(event.target, null, act));
at("kept").addEventListener("click", () => location.assign(target));

// What was typed when a session ended is offered again to the same person, in this tab alone (console.js).
if (new URLSearchParams(location.search).has("next")) sessionStorage.setItem("tieout-again", "1");
const why = new URLSearchParams(location.search).get("why");
if (why) say(told(why));
if (at("password-form"))
  // Somebody who is half in goes on where they are.
  fetch(`${api}/session`).then(async (reply) => {
    if (!reply.ok) return;
    const who = await reply.json();
    csrf = who.csrf;
    if (who.level === "half") show("code");
    else if (who.level === "enrol") await offer();
  }).catch(() => {});

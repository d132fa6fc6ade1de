// Fetches the state, draws the three columns again after each change, and sends what a person does.

import { drawBoard } from "./board.js";
import { drawChat } from "./chat.js";
import { codeForms, codeTouches, drawCode } from "./code.js";
import { el, update } from "./dom.js";

const byId = (id) => document.getElementById(id);
const person = byId("person");
const QUIET_MILLISECONDS = 120;
let state = JSON.parse(byId("state").textContent);

// ---- what is shown

function draw() {
  if (!state) return;
  if (!person.options.length) drawPeople();
  update(byId("board"), drawBoard(state));
  update(byId("code"), drawCode(state));
  update(byId("chat"), drawChat(state));
}

function drawPeople() {
  for (const one of state.people.filter((known) => known.plays)) {
    person.append(el("option", { value: one.login }, one.name));
  }
}

let timer = null;
let fetching = false;
let stale = false;

function changed() {
  clearTimeout(timer);
  timer = setTimeout(fetchState, QUIET_MILLISECONDS);
}

async function fetchState() {
  if (fetching) {
    stale = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch("/state");
    state = await answer.json();
    draw();
  } catch (error) {
    complain(`The office does not answer: ${error.message}`);
  } finally {
    fetching = false;
    if (stale) {
      stale = false;
      changed();
    }
  }
}

function follow() {
  const live = byId("live");
  const show = (word) => {
    live.textContent = word;
    live.dataset.state = word;
  };
  const events = new EventSource("/events");
  events.addEventListener("hello", () => {
    show("live");
    fetchState();
  });
  events.onmessage = changed;
  events.onerror = () => show("reconnecting");
}

// ---- what a person does

function complain(text) {
  const box = byId("problem");
  box.hidden = !text;
  box.querySelector("span").textContent = text ?? "";
}

async function perform(name, args) {
  complain(null);
  const body = JSON.stringify({ person: person.value, ...args });
  try {
    const answer = await fetch(`/do/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const result = await answer.json();
    if (result.ok) return true;
    complain(result.error);
  } catch (error) {
    complain(`The office does not answer: ${error.message}`);
  }
  return false;
}

const argsOf = (node) => JSON.parse(node.dataset.args ?? "{}");

const forms = {
  ...codeForms({ perform, redraw: draw }),
  act: (form, args, fields) => perform(form.dataset.do, { ...args, ...fields }),
};

const touches = { ...codeTouches({ redraw: draw }), dismiss: () => complain(null) };

document.addEventListener("click", async (event) => {
  const touched = event.target.closest("[data-ui]");
  if (touched) touches[touched.dataset.ui](argsOf(touched), touched);
  const pressed = event.target.closest("button[data-do]");
  if (!pressed || pressed.disabled) return;
  pressed.disabled = true;
  await perform(pressed.dataset.do, argsOf(pressed));
  pressed.disabled = false;
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const submitter = event.submitter;
  const fields = Object.fromEntries(new FormData(form, submitter));
  if (submitter) submitter.disabled = true;
  const done = await forms[form.dataset.form ?? "act"](form, argsOf(form), fields);
  if (submitter) submitter.disabled = false;
  if (done) form.reset();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form?.requestSubmit();
});

draw();
follow();

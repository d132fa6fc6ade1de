// Builds and updates elements. Foreign text only ever becomes a text node.

export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function link(url, text, attributes) {
  if (!/^https?:\/\//i.test(url ?? "")) return el("span", attributes, text || url || "");
  return el("a", { ...attributes, href: url, target: "_blank", rel: "noreferrer noopener" }, text || url);
}

export function time(stamp) {
  if (!stamp) return null;
  const moment = typeof stamp === "number" ? new Date(stamp * 1000) : new Date(stamp);
  const short = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return el("time", { datetime: moment.toISOString(), title: moment.toLocaleString() }, short);
}

export function button(text, attributes) {
  return el("button", { type: "button", ...attributes }, text);
}

// An act for the server: the arguments travel in the element, so that one listener serves all.
export function act(name, args) {
  return { "data-do": name, "data-args": JSON.stringify(args) };
}

// Makes `parent` look like `children`, and keeps elements that stay: what a person has typed,
// opened, focused or scrolled to survives an update.
export function update(parent, ...children) {
  const fresh = el(parent.tagName, {}, ...children);
  const roaming = [...parent.querySelectorAll("[data-roams]")];
  morphChildren(parent, fresh, new Map(roaming.map((node) => [node.dataset.key, node])));
}

// `roaming` are the elements that may go to another parent, like a ticket to another column.
function morphChildren(old, fresh, roaming) {
  const keyed = new Map(roaming);
  for (const child of old.children) {
    if (child.dataset.key) keyed.set(child.dataset.key, child);
  }
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = wanted.dataset?.key ? keyed.get(wanted.dataset.key) : place;
    if (known && alike(known, wanted)) {
      if (known === place) place = place.nextSibling;
      else old.insertBefore(known, place);
      morph(known, wanted, roaming);
    } else {
      old.insertBefore(wanted, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function alike(known, wanted) {
  return known.nodeName === wanted.nodeName && known.dataset?.key === wanted.dataset?.key;
}

function morph(known, wanted, roaming) {
  if (known.nodeType === Node.TEXT_NODE) {
    if (known.data !== wanted.data) known.data = wanted.data;
    return;
  }
  for (const { name } of [...known.attributes]) {
    if (!wanted.hasAttribute(name) && !belongsToPerson(known, name)) known.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (known.getAttribute(name) !== value && !belongsToPerson(known, name)) known.setAttribute(name, value);
  }
  if (known.nodeName !== "TEXTAREA") morphChildren(known, wanted, roaming);
}

function belongsToPerson(node, name) {
  return name === "open" && node.nodeName === "DETAILS";
}

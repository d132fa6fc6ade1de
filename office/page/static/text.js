// Two small markups, as elements: GitHub's Markdown (what pull requests use) and Slack's mrkdwn.

import { el, link } from "./dom.js";

// Signs that not every machine has a font for, in glyphs that it has.
const MARKS = { "✅": ["✔", "plus"], "❌": ["✘", "minus"], "⚠️": ["⚠", "warn"] };

export function marks(text) {
  return text.split(/(✅|❌|⚠️)/).map((part) => {
    const [glyph, look] = MARKS[part] ?? [];
    return glyph ? el("span", { class: look, role: "img", "aria-label": part }, glyph) : part;
  });
}

// ---- Markdown

export function markdown(text) {
  const lines = String(text ?? "").replace(/<!--[\s\S]*?-->/g, "").replace(/\r/g, "").split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = readBlock(lines, at);
    if (block) blocks.push(block);
    at = next;
  }
  return el("div", { class: "prose" }, blocks);
}

function readBlock(lines, at) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  const fence = line.match(/^\s*(```+|~~~+)/);
  if (fence) return readFence(lines, at, fence[1]);
  const heading = line.match(/^(#{1,6})\s+(.*)$/);
  if (heading) return [el(`h${Math.min(heading[1].length + 2, 6)}`, {}, inline(heading[2])), at + 1];
  if (/^\s*([-*_])\s*(\1\s*){2,}$/.test(line)) return [el("hr"), at + 1];
  if (/^\s*>/.test(line)) return readQuote(lines, at);
  if (/^\s*\|/.test(line) && /^\s*\|?[\s:|-]+\|?\s*$/.test(lines[at + 1] ?? "")) return readTable(lines, at);
  if (LIST.test(line)) return readList(lines, at);
  return readParagraph(lines, at);
}

const LIST = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const STARTS = /^\s*(```|~~~|>|#{1,6}\s|\|)/;

const isNumber = (mark) => /\d/.test(mark);

function readFence(lines, at, mark) {
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(mark)) end += 1;
  return [el("pre", {}, el("code", {}, lines.slice(at + 1, end).join("\n"))), end + 1];
}

function readQuote(lines, at) {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^\s*>\s?/, "")).join("\n");
  return [el("blockquote", {}, markdown(inner)), end];
}

function readTable(lines, at) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replace(/\\\|/g, "|"));
  let end = at + 2;
  while (end < lines.length && /^\s*\|/.test(lines[end])) end += 1;
  const row = (tag) => (line) => el("tr", {}, cells(line).map((cell) => el(tag, {}, inline(cell))));
  const table = el("table", {},
    el("thead", {}, row("th")(lines[at])),
    el("tbody", {}, lines.slice(at + 2, end).map(row("td"))));
  return [el("div", { class: "wide" }, table), end];
}

function readList(lines, at) {
  const [, indent, mark] = lines[at].match(LIST);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const item = lines[end].match(LIST);
    if (item && item[1].length === indent.length && isNumber(item[2]) !== isNumber(mark)) break;
    if (item && item[1].length === indent.length) items.push([item[3]]);
    else if (items.length && (item || /^\s{2,}\S/.test(lines[end]))) items.at(-1).push(lines[end].slice(indent.length + 2));
    else break;
    end += 1;
  }
  return [el(isNumber(mark) ? "ol" : "ul", {}, items.map(listItem)), end];
}

function listItem([first, ...rest]) {
  const box = first.match(/^\[([ xX])\]\s+(.*)$/);
  const head = box ? [el("input", { type: "checkbox", disabled: true, checked: box[1] !== " " }), " ", inline(box[2])] : inline(first);
  return el("li", { class: box ? "task" : null }, head, rest.length ? markdown(rest.join("\n")) : null);
}

function readParagraph(lines, at) {
  let end = at;
  while (end < lines.length && lines[end].trim() && (end === at || !(STARTS.test(lines[end]) || LIST.test(lines[end])))) end += 1;
  return [el("p", {}, inline(lines.slice(at, end).join("\n"))), end];
}

const INLINE = /(?<code>`+)(?<inside>.+?)\k<code>|\*\*(?<bold>.+?)\*\*|(?<![\w*])[*_](?<italic>[^\s*_][^*_]*?)[*_](?![\w*])|~~(?<gone>.+?)~~|\[(?<label>[^\]]+)\]\((?<url>[^)\s]+)\)|(?<bare>https?:\/\/[^\s<>)]+[^\s<>).,;:])/s;

function inline(text) {
  const parts = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    parts.push(marks(rest.slice(0, found.index)), span(found.groups));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...parts, marks(rest)];
}

function span(found) {
  if (found.inside !== undefined) return el("code", {}, found.inside.trim());
  if (found.bold !== undefined) return el("strong", {}, inline(found.bold));
  if (found.italic !== undefined) return el("em", {}, inline(found.italic));
  if (found.gone !== undefined) return el("s", {}, inline(found.gone));
  if (found.url !== undefined) return link(found.url, found.label);
  return link(found.bare);
}

// ---- mrkdwn

const MRKDWN = /```(?<fence>[\s\S]+?)```|`(?<code>[^`\n]+)`|<(?<target>[^<>|\n]+)(\|(?<label>[^<>\n]*))?>|(?<![\w*])\*(?<bold>[^*\n]+)\*(?![\w*])|(?<![\w_])_(?<italic>[^_\n]+)_(?![\w_])|(?<![\w~])~(?<gone>[^~\n]+)~(?![\w~])/;

export function mrkdwn(text, names) {
  const parts = [];
  let rest = String(text ?? "");
  for (let found = MRKDWN.exec(rest); found; found = MRKDWN.exec(rest)) {
    parts.push(marks(plain(rest.slice(0, found.index))), slackSpan(found.groups, names));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...parts, marks(plain(rest))];
}

function slackSpan(found, names) {
  if (found.fence !== undefined) return el("pre", {}, plain(found.fence.replace(/^\n|\n$/g, "")));
  if (found.code !== undefined) return el("code", {}, plain(found.code));
  if (found.bold !== undefined) return el("strong", {}, mrkdwn(found.bold, names));
  if (found.italic !== undefined) return el("em", {}, mrkdwn(found.italic, names));
  if (found.gone !== undefined) return el("s", {}, mrkdwn(found.gone, names));
  return reference(found.target, found.label, names);
}

function reference(target, label, names) {
  if (target.startsWith("@")) return el("span", { class: "mention" }, `@${names.get(target.slice(1)) ?? target.slice(1)}`);
  if (/^[#!]/.test(target)) return el("span", { class: "mention" }, plain(label || target));
  return link(plain(target), plain(label ?? ""));
}

function plain(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

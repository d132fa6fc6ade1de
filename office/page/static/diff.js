// One file's diff, line by line, with the threads and the comment forms between the lines.

import { el, time } from "./dom.js";
import { markdown } from "./text.js";

export function readDiff(text) {
  const rows = [];
  let before = 0;
  let after = 0;
  let inHunk = false;
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const hunk = line.match(/^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/);
    if (hunk) {
      [before, after, inHunk] = [Number(hunk[1]), Number(hunk[2]), true];
      rows.push({ kind: "hunk", text: line });
    } else if (inHunk && line.startsWith("+")) {
      rows.push({ kind: "added", after: after++, text: line.slice(1) });
    } else if (inHunk && line.startsWith("-")) {
      rows.push({ kind: "removed", before: before++, text: line.slice(1) });
    } else if (inHunk && line.startsWith("\\")) {
      rows.push({ kind: "note", text: line });
    } else if (inHunk) {
      rows.push({ kind: "context", before: before++, after: after++, text: line.slice(1) });
    }
  }
  return rows;
}

const SIGNS = { added: "+", removed: "−" };

export function drawFile(file, pull, ui) {
  const rows = readDiff(file.diff);
  const shown = new Set(rows.map((row) => row.after).filter((line) => line !== undefined));
  const threads = pull.threads.filter((thread) => thread.path === file.path);
  const adrift = threads.filter((thread) => !shown.has(thread.line));
  return el("details", { class: "file", open: true, "data-key": file.path, "data-testid": `file-${file.path}` },
    el("summary", {},
      el("code", {}, file.path),
      el("span", { class: "counts" }, el("span", { class: "plus" }, `+${file.additions}`), " ", el("span", { class: "minus" }, `−${file.deletions}`)),
      file.status === "modified" ? null : el("span", { class: "badge" }, file.status)),
    adrift.map((thread) => drawThread(thread, pull, true)),
    rows.length
      ? el("div", { class: "wide" }, el("table", { class: "diff" }, el("tbody", {}, rows.map((row, place) => drawRow(row, place, file, pull, threads, ui)))))
      : el("p", { class: "quiet" }, "No lines to show."));
}

function drawRow(row, place, file, pull, threads, ui) {
  const at = `${file.path}-${row.after}`;
  const comment = row.after === undefined ? null : el("button", {
    type: "button",
    class: "plus-button",
    "data-ui": "line",
    "data-args": JSON.stringify({ path: file.path, line: row.after }),
    "data-testid": `line-comment-${at}`,
    "aria-label": `Comment on line ${row.after} of ${file.path}`,
  }, "+");
  const line = el("tr", { class: row.kind, "data-key": `row-${place}-${row.kind}-${row.before ?? ""}-${row.after ?? ""}` },
    el("td", { class: "number" }, row.before ?? ""),
    el("td", { class: "number" }, row.after ?? "", comment),
    el("td", { class: "line" }, el("span", { class: "sign", "aria-hidden": true }, SIGNS[row.kind] ?? " "), row.text));
  if (row.after === undefined) return line;
  const here = threads.filter((thread) => thread.line === row.after).map((thread) => drawThread(thread, pull, false));
  const form = ui.isOpen(pull, file.path, row.after) ? drawLineForm(pull, file.path, row.after) : null;
  const queued = ui.queued(pull).filter((one) => one.path === file.path && one.line === row.after).map(drawQueued);
  if (!here.length && !form && !queued.length) return line;
  return [line, el("tr", { class: "talk", "data-key": `talk-${at}` }, el("td", { colspan: 3 }, here, queued, form))];
}

export function drawThread(thread, pull, adrift) {
  return el("section", { class: "thread", "data-key": `thread-${thread.id}`, "data-testid": "review-thread" },
    adrift && el("p", { class: "quiet" }, `${thread.path}, line ${thread.original_line} (outdated)`),
    thread.resolved && el("span", { class: "badge good" }, "resolved"),
    thread.comments.map((comment) => el("article", { class: "said", "data-key": comment.id },
      el("p", { class: "by" }, el("b", {}, comment.by), " ", time(comment.at)),
      markdown(comment.body))),
    el("form", { class: "write", "data-do": "reply", "data-args": JSON.stringify({ repository: pull.repository, number: pull.number, comment_id: thread.id }) },
      el("textarea", { name: "body", rows: 1, required: true, "aria-label": "Reply to the thread", placeholder: "Reply", "data-testid": "thread-reply-text" }),
      el("button", { "data-testid": "thread-reply-send" }, "Reply")));
}

function drawLineForm(pull, path, line) {
  const args = JSON.stringify({ repository: pull.repository, number: pull.number, path, line });
  return el("form", { class: "write", "data-form": "line", "data-args": args, "data-key": "line-form" },
    el("textarea", { id: `comment ${path}:${line}`, name: "body", rows: 2, required: true, "aria-label": `Comment on line ${line} of ${path}`, placeholder: `Comment on line ${line}`, "data-testid": "line-comment-text" }),
    el("button", { class: "primary", name: "way", value: "queue", "data-testid": "line-comment-queue" }, "Add to review"),
    el("button", { name: "way", value: "send", "data-testid": "line-comment-send" }, "Comment now"));
}

function drawQueued(comment) {
  return el("article", { class: "said queued", "data-key": `queued-${comment.id}` },
    el("p", { class: "by" }, el("b", {}, "Part of your review, not sent yet")),
    markdown(comment.body),
    el("button", { type: "button", "data-ui": "drop", "data-args": JSON.stringify({ id: comment.id }) }, "Remove"));
}

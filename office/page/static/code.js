// The pull request: what it says, its checks, its talk, its diff, and what a reviewer can do.

import { drawFile, drawThread } from "./diff.js";
import { act, button, el, link, time } from "./dom.js";
import { markdown } from "./text.js";

// What a person has begun and the server does not know of.
const begun = { chosen: null, lines: new Set(), comments: [], next: 1 };
const nameOf = (pull) => `${pull.repository}#${pull.number}`;
const lineKey = (pull, path, line) => `${nameOf(pull)} ${path}:${line}`;
let shown = null;

const ui = {
  isOpen: (pull, path, line) => begun.lines.has(lineKey(pull, path, line)),
  queued: (pull) => begun.comments.filter((one) => one.pull === nameOf(pull)),
};

export function codeTouches({ redraw }) {
  return {
    pull: ({ name }) => {
      begun.chosen = name;
      redraw();
    },
    line: ({ path, line }) => {
      const key = lineKey(shown, path, line);
      if (!begun.lines.delete(key)) begun.lines.add(key);
      redraw();
      document.getElementById(`comment ${path}:${line}`)?.focus();
    },
    drop: ({ id }) => {
      begun.comments = begun.comments.filter((one) => one.id !== id);
      redraw();
    },
  };
}

export function codeForms({ perform, redraw }) {
  return {
    line: async (form, { repository, number, path, line }, { body, way }) => {
      const pull = { repository, number };
      if (way === "send" && !(await perform("review", { repository, number, event: "COMMENT", comments: [{ path, line, body }] }))) return false;
      if (way !== "send") begun.comments.push({ id: begun.next++, pull: nameOf(pull), path, line, body });
      begun.lines.delete(lineKey(pull, path, line));
      redraw();
      return true;
    },
    review: async (form, pull, { body, event }) => {
      const comments = ui.queued(pull).map(({ path, line, body: text }) => ({ path, line, body: text }));
      if (!(await perform("review", { ...pull, event, body, comments }))) return false;
      begun.comments = begun.comments.filter((one) => one.pull !== nameOf(pull));
      redraw();
      return true;
    },
  };
}

export function drawCode(state) {
  const pulls = state.code.repositories.flatMap((repository) => repository.pulls.map((pull) => ({ ...pull, repository: repository.full_name })));
  pulls.sort((a, b) => b.created_at.localeCompare(a.created_at) || b.number - a.number);
  shown = pulls.find((pull) => nameOf(pull) === begun.chosen) ?? pulls[0] ?? null;
  if (!shown) return drawEmpty(state);
  return [
    pulls.length > 1 && el("nav", { class: "row tabs", "aria-label": "Pull requests", "data-key": "tabs" }, pulls.map((pull) => button(nameOf(pull), {
      "data-key": nameOf(pull), "data-ui": "pull", "data-args": JSON.stringify({ name: nameOf(pull) }),
      "aria-pressed": pull === shown, "data-testid": `pull-${nameOf(pull)}`,
    }))),
    el("article", { "data-key": nameOf(shown), "data-testid": "pull" }, drawPull(shown)),
  ];
}

function drawEmpty(state) {
  return el("div", { class: "empty" },
    el("p", {}, "No pull request yet. The repositories:"),
    el("ul", {}, state.code.repositories.map((repository) => el("li", {}, el("code", {}, repository.full_name), repository.head ? ` at ${repository.head.slice(0, 8)}` : ""))));
}

function stateOf(pull) {
  if (pull.merged) return "merged";
  if (pull.state === "closed") return "closed";
  return pull.draft ? "draft" : "ready";
}

function drawPull(pull) {
  const word = stateOf(pull);
  const elsewhere = pull.threads.filter((thread) => !pull.files.some((file) => file.path === thread.path));
  return [
    el("h3", { class: "title" }, pull.title, " ", link(pull.url, `#${pull.number}`)),
    el("p", { class: "quiet" },
      el("span", { class: `badge state ${word}`, "data-testid": "pr-state" }, word), " ",
      `${pull.author} into `, el("code", {}, pull.base.ref), " from ", el("code", {}, pull.head.ref), " ",
      el("span", { class: "plus" }, `+${pull.additions}`), " ", el("span", { class: "minus" }, `−${pull.deletions}`), " ",
      pull.labels.map((label) => [el("span", { class: "badge" }, label), " "]),
      pull.requested_reviewers.length ? `Review requested from ${pull.requested_reviewers.join(", ")}.` : ""),
    el("details", { class: "card", open: true, "data-key": "body" }, el("summary", {}, "Description"), markdown(pull.body || "(no description)")),
    drawChecks(pull),
    drawCommits(pull),
    drawTalk(pull),
    elsewhere.map((thread) => drawThread(thread, pull, true)),
    el("h4", { "data-key": "files" }, `Files changed (${pull.files.length})`),
    pull.files.map((file) => drawFile(file, pull, ui)),
    pull.state === "open" && drawReviewForm(pull),
    pull.state === "open" && drawEnd(pull),
  ];
}

function drawChecks(pull) {
  return el("section", { class: "card", "data-key": "checks", "aria-label": "Checks" },
    el("h4", {}, "Checks"),
    pull.checks.length ? null : el("p", { class: "quiet" }, "None yet."),
    pull.checks.map((check) => {
      const word = check.conclusion ?? check.status;
      return el("details", { "data-key": check.id, "data-testid": `check-${check.name}` },
        el("summary", {}, el("span", { class: `badge check ${word}`, "data-testid": "conclusion" }, word), ` ${check.name} `, el("span", { class: "quiet" }, check.app)),
        check.summary && markdown(check.summary),
        check.text && el("pre", { class: "log" }, check.text),
        link(check.url, "Whole log"));
    }));
}

function drawCommits(pull) {
  return el("details", { class: "card", "data-key": "commits" },
    el("summary", {}, `Commits (${pull.commits.length})`),
    pull.commits.map((commit) => el("details", { class: "commit", "data-key": commit.sha },
      el("summary", {}, el("code", {}, commit.sha.slice(0, 8)), ` ${commit.message.split("\n")[0]}`),
      el("pre", {}, commit.message))));
}

function drawTalk(pull) {
  const verdicts = { APPROVED: "approved", CHANGES_REQUESTED: "asked for changes", COMMENTED: "commented", DISMISSED: "was dismissed" };
  const reviews = pull.reviews.filter((review) => review.body || review.state !== "COMMENTED").map((review) => ({ ...review, verdict: verdicts[review.state] ?? review.state }));
  const entries = [...reviews, ...pull.comments].sort((a, b) => (a.at ?? "").localeCompare(b.at ?? "") || a.id - b.id);
  return el("section", { class: "card", "data-key": "talk", "aria-label": "Conversation" },
    el("h4", {}, "Conversation"),
    entries.map((entry) => el("article", { class: "said", "data-key": entry.id, "data-testid": entry.verdict ? "review" : "pr-comment" },
      el("p", { class: "by" }, el("b", {}, entry.by), " ", entry.verdict && el("span", { class: `badge verdict ${entry.state}` }, entry.verdict), " ", time(entry.at)),
      entry.body ? markdown(entry.body) : null)),
    el("form", { class: "write", "data-key": "comment", ...act("comment-pull", { repository: pull.repository, number: pull.number }) },
      el("textarea", { name: "body", rows: 2, required: true, "aria-label": "Comment on the pull request", placeholder: "Write a comment", "data-testid": "pr-comment-text" }),
      el("button", { "data-testid": "pr-comment-send" }, "Comment")));
}

function drawReviewForm(pull) {
  const count = ui.queued(pull).length;
  const verdict = (event, text, id, look) => el("button", { name: "event", value: event, class: look, "data-testid": id }, text);
  return el("form", { class: "card write", "data-key": "review", "data-form": "review", "data-args": JSON.stringify({ repository: pull.repository, number: pull.number }) },
    el("h4", {}, "Your review"),
    count ? el("p", { class: "quiet" }, `With ${count} comment${count > 1 ? "s" : ""} at lines.`) : null,
    el("textarea", { name: "body", rows: 2, "aria-label": "Text of the review", placeholder: "Overall words. To comment on a line, press the + at the line.", "data-testid": "review-body" }),
    verdict("COMMENT", "Comment", "review-comment", ""),
    verdict("REQUEST_CHANGES", "Request changes", "review-request-changes", "danger"),
    verdict("APPROVE", "Approve", "review-approve", "good"));
}

function drawEnd(pull) {
  const args = { repository: pull.repository, number: pull.number };
  return el("section", { class: "card", "data-key": "end", "aria-label": "Merge" },
    pull.blockers.map((reason) => el("p", { class: "quiet" }, `⚠ ${reason}`)),
    el("div", { class: "row" },
      button("Merge pull request", { class: "primary", "data-testid": "merge", ...act("merge", args) }),
      button("Close", { class: "danger", "data-testid": "close", ...act("close", args) })));
}

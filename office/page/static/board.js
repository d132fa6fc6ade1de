// The Jira board: tickets by column, each with its details folded in.

import { act, button, el, link, time } from "./dom.js";
import { markdown } from "./text.js";

export function drawBoard(state) {
  const bot = state.people.find((one) => one.bot);
  const columns = new Map();
  for (const project of state.board.projects) {
    for (const column of project.columns) {
      columns.set(column.status, [...(columns.get(column.status) ?? []), ...column.tickets]);
    }
  }
  const names = [...columns.keys()];
  return names.map((status) => el("section", { class: "column", "data-key": status, "data-testid": `column-${status}` },
    el("h3", {}, status, " ", el("span", { class: "count" }, columns.get(status).length)),
    columns.get(status).map((ticket) => drawTicket(ticket, bot, names))));
}

function drawTicket(ticket, bot, columns) {
  const mine = ticket.assignee === bot.name;
  return el("details", { class: "ticket", name: "ticket", "data-roams": true, "data-key": ticket.key, "data-testid": `ticket-${ticket.key}` },
    el("summary", {},
      el("span", { class: "key" }, ticket.key),
      el("span", { class: "name" }, ticket.summary),
      ticket.assignee && el("span", { class: `badge ${mine ? "bot" : ""}`, "data-testid": "assignee" }, ticket.assignee)),
    el("div", { class: "inside" },
      drawButtons(ticket, bot, mine, columns),
      drawFacts(ticket),
      ticket.description ? markdown(ticket.description) : el("p", { class: "quiet" }, "No description."),
      drawComments(ticket),
      drawHistory(ticket)));
}

function drawButtons(ticket, bot, mine, columns) {
  return el("div", { class: "row" },
    mine
      ? button("Unassign", { "data-testid": "unassign", ...act("assign", { key: ticket.key, to: null }) })
      : button(`Assign to ${bot.name}`, { class: "primary", "data-testid": "assign", ...act("assign", { key: ticket.key, to: bot.login }) }),
    el("form", { class: "row", ...act("move-ticket", { key: ticket.key }) },
      el("select", { name: "to", "aria-label": `Column for ${ticket.key}` },
        columns.filter((name) => name !== ticket.status).map((name) => el("option", { "data-key": name, value: name }, name))),
      el("button", {}, "Move")));
}

function drawFacts(ticket) {
  const points = ticket.story_points === null ? null : `${ticket.story_points} points`;
  const words = [...ticket.components, ...ticket.labels, points].filter(Boolean);
  return [
    el("p", { class: "quiet" }, `Reported by ${ticket.reporter}`, words.map((word) => [" ", el("span", { class: "badge" }, word)])),
    ticket.links.map((one) => el("p", {}, link(one.url, one.title))),
  ];
}

function drawComments(ticket) {
  return el("section", { "aria-label": `Comments on ${ticket.key}` },
    el("h4", {}, "Comments"),
    ticket.comments.map((comment) => el("article", { class: "said", "data-key": comment.id, "data-testid": "ticket-comment" },
      el("p", { class: "by" }, el("b", {}, comment.author), " ", time(comment.created), comment.edited && el("span", { class: "quiet" }, " (edited)")),
      markdown(comment.text))),
    el("form", { class: "write", ...act("comment-ticket", { key: ticket.key }) },
      el("textarea", { name: "text", rows: 2, required: true, "aria-label": `Comment on ${ticket.key}`, placeholder: "Write a comment", "data-testid": "ticket-comment-text" }),
      el("button", { "data-testid": "ticket-comment-send" }, "Comment")));
}

function drawHistory(ticket) {
  if (!ticket.history.length) return null;
  return el("details", { "data-key": "history" },
    el("summary", {}, `History (${ticket.history.length})`),
    el("ul", { class: "history" }, ticket.history.map((item) =>
      el("li", {}, time(item.time), ` ${item.author}: ${item.field} `, el("s", {}, item.from ?? ""), ` → ${item.to ?? "none"}`))));
}

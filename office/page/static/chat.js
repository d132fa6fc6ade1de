// The Slack channels: messages with their blocks and buttons, threads, and a place to write.

import { act, button, el, time } from "./dom.js";
import { marks, mrkdwn } from "./text.js";

export function drawChat(state) {
  const names = new Map(state.people.map((one) => [one.slack_id, one.name]));
  return state.chat.channels.map((channel) => el("section", { "data-key": channel.id, "data-testid": `channel-${channel.name}` },
    el("h3", {}, `#${channel.name}`),
    channel.messages.map((message) => drawMessage(message, channel, names)),
    drawForm(channel, null, `Message #${channel.name}`)));
}

function drawMessage(message, channel, names) {
  return el("article", { class: "message", "data-key": message.ts, "data-testid": "message", "data-ts": message.ts },
    drawSaid(message, channel, names),
    el("div", { class: "replies", "data-key": "replies" },
      message.replies.map((reply) => el("article", { class: "message", "data-key": reply.ts, "data-testid": "reply", "data-ts": reply.ts }, drawSaid(reply, channel, names))),
      drawForm(channel, message.ts, "Reply in the thread")));
}

function drawSaid(message, channel, names) {
  return [
    el("p", { class: "by" }, el("b", {}, message.author), " ", message.bot && [el("span", { class: "badge bot" }, "app"), " "], time(Number(message.ts)),
      message.edited ? el("span", { class: "quiet", "data-testid": "edited" }, ` (edited ${message.edited}×)`) : null),
    message.blocks.some((block) => block.type !== "rich_text")
      ? message.blocks.map((block) => drawBlock(block, message, channel, names))
      : el("div", { class: "block" }, marks(message.plain ?? message.text)),
    Object.entries(message.reactions).map(([name, count]) => el("span", { class: "badge", "data-key": `reaction-${name}` }, `:${name}: ${count}`)),
  ];
}

function drawBlock(block, message, channel, names) {
  const drawn = BLOCKS[block.type];
  return drawn ? drawn(block, message, channel, names) : el("div", { class: "block quiet" }, `(${block.type})`);
}

const BLOCKS = {
  section: (block, message, channel, names) => el("div", { class: "block" },
    block.text && drawText(block.text, names),
    (block.fields ?? []).map((field) => el("div", {}, drawText(field, names))),
    block.accessory?.type === "button" && drawButton(block.accessory, message, channel)),
  header: (block, message, channel, names) => el("h4", {}, drawText(block.text, names)),
  divider: () => el("hr"),
  context: (block, message, channel, names) => el("div", { class: "block context" },
    block.elements.filter((one) => one.text).map((one) => el("div", {}, drawText(one, names)))),
  actions: (block, message, channel) => el("div", { class: "row" },
    block.elements.filter((one) => one.type === "button").map((one) => drawButton(one, message, channel))),
};

function drawText(text, names) {
  return text.type === "mrkdwn" ? mrkdwn(text.text, names) : text.text;
}

function drawButton(one, message, channel) {
  const look = { primary: "primary", danger: "danger" }[one.style] ?? "";
  const args = { channel: channel.id, ts: message.ts, action_id: one.action_id };
  return button(one.text.text, { class: look, "data-key": one.action_id, "data-testid": `slack-action-${one.action_id}`, ...act("press", args) });
}

function drawForm(channel, thread, label) {
  return el("form", { class: "write", "data-key": "write", ...act("say", { channel: channel.id, thread_ts: thread }) },
    el("textarea", { name: "text", rows: thread ? 1 : 2, required: true, "aria-label": label, placeholder: label, "data-testid": thread ? "thread-text" : "channel-text" }),
    el("button", { "data-testid": thread ? "thread-send" : "channel-send" }, "Send"));
}

"""Telling an endpoint that drops the tools of a request from a model that did not want any.

A chat template without tools renders a request as if none were offered, and the answer has status
200: the model never heard of them. What the endpoint counted gives it away. Seen with llama.cpp's
server (2026-10, `--jinja`) and the template of SmolLM2.
"""

from agent.domain.conversation import ModelRequest, Reply
from integrations.openai.tokens import count_request

_LEAST_TOKENS = 200
"""Smaller tools are lost among what endpoints add of their own."""
_LEAST_SHARE = 0.5
"""Tools that are less than this, measured by the messages, drown in how far estimates are off."""
_LEAST_COUNTED = 1 / 3
"""Below this part of the messages' estimate, an endpoint leaves out what its cache holds."""
_HEARD = 0.25
"""The part of the tools that stands for all of them, because estimates err high."""


def are_tools_unheard(reply: Reply, request: ModelRequest) -> bool:
    """Tell whether an answer without calls came to a prompt in which the tools cannot have been."""
    if reply.message.tool_calls or not request.tools:
        return False
    said = count_request(request.model_copy(update={"tools": ()}))
    offered = count_request(request) - said
    if offered < max(_LEAST_TOKENS, said * _LEAST_SHARE):
        return False
    return said * _LEAST_COUNTED <= reply.usage.prompt_tokens < said + offered * _HEARD

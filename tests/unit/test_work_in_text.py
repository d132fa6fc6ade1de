"""`backsmith work` with a model that has no tool calls, and with two models."""

from pathlib import Path

from agent.domain.conversation import Message
from tests.contract.git_remote import bubblewrap
from tests.contract.test_chat_model import in_text
from tests.fakes.chat_model import say
from tests.fakes.model_server import Entry, ModelServer, Refuse
from tests.unit.test_local_work import EDIT, FINISH, NO_FAULT, PLAN, Town

NO_TOOLS = Refuse(400, {"message": "tiny:latest does not support tools"})
MALFORMED = say('```tool edit_files\n{"edits": [],}\n```')


def written(turn: Message) -> Entry:
    saying = in_text(turn)
    assert isinstance(saying, Message)
    return saying


def test_a_model_without_tool_calls_carries_a_ticket_out_in_text(tmp_path: Path) -> None:
    bubblewrap(tmp_path)
    town = Town(tmp_path)
    turns = [written(turn) for turn in (PLAN, EDIT, FINISH, NO_FAULT)]
    with ModelServer([NO_TOOLS, turns[0], MALFORMED, *turns[1:]]) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        code, result = town.work_on_ticket()
    assert code == 0, result
    assert (result["outcome"], result["verdict"]) == ("done", "incomplete")
    assert ["tools" in each.body for each in model.requests] == [True] + [False] * 5
    assert "are not JSON" in model.requests[3].body["messages"][-1]["content"]


def test_each_stage_asks_its_own_model(tmp_path: Path) -> None:
    bubblewrap(tmp_path)
    town = Town(tmp_path)
    (tmp_path / "backsmith.toml").write_text('[stages]\nplan = "gpt-5"\n')
    with ModelServer([PLAN, EDIT, FINISH, NO_FAULT]) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        _code, result = town.work_on_ticket()
    assert [each.body["model"] for each in model.requests] == ["gpt-5"] + ["recorded"] * 3
    assert result["model"]["cost_usd"] > 0

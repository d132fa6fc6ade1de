"""Models in the settings: one per stage, what each takes, and what each costs."""

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from agent.domain.errors import SettingsError
from agent.domain.run import Stage
from workflows.settings import Settings, load_settings
from workflows.state import Policy
from workflows.wiring import build_model, build_prices

Load = Callable[[str], Settings]
STAGES = '[stages]\nplan = "gpt-5.5"\nreview = "house-model"\n'
PRICE = '[prices."house-model"]\nprompt = 1\ncached = 0\ncompletion = 2\n'


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    def load_(file: str) -> Settings:
        (tmp_path / "backsmith.toml").write_text(file, "utf-8")
        monkeypatch.setenv("BACKSMITH_CONFIG", str(tmp_path / "backsmith.toml"))
        monkeypatch.setenv("BACKSMITH_MODEL", "gpt-5-mini")
        monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
        return load_settings()

    return load_


def test_a_stage_has_its_own_model_or_the_common_one(load: Load) -> None:
    policy = load(STAGES).policy(())
    assert [policy.model_for(stage) for stage in ("plan", "develop", "review")] == [
        "gpt-5.5",
        "gpt-5-mini",
        "house-model",
    ]
    assert policy.model_for(Stage.PLAN) == "gpt-5.5"


def test_a_policy_from_before_stages_had_models_is_still_read() -> None:
    policy = Policy.model_validate({"model": "gpt-5", "budget_usd": "1"})
    assert policy.model_for("plan") == "gpt-5"


def test_a_stage_that_does_not_exist_is_refused(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"stages\.deploy \(backsmith\.toml\)"):
        load('[stages]\ndeploy = "gpt-5"\n')


def test_every_configured_model_has_its_price(load: Load) -> None:
    prices = build_prices(load(STAGES + PRICE))
    assert {name: price.prompt for name, price in prices.items()} == {
        "gpt-5-mini": Decimal("0.25"),
        "gpt-5.5": Decimal("5.00"),
        "house-model": Decimal(1),
    }


def test_the_one_model_without_a_price_is_named(load: Load) -> None:
    with pytest.raises(SettingsError, match=r'model house-model: add \[prices\."house-model"\]'):
        build_prices(load(STAGES))


def test_what_a_model_takes_reaches_the_endpoint_s_client(load: Load) -> None:
    settings = load('[models."house-model"]\ntools = "text"\nwindow = 9000\neffort = "low"\n')
    with closing(build_model(settings)) as model:
        assert model.window("house-model") == 9000


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('effort = "huge"', "'none', 'minimal', 'low', 'medium' or 'high'"),
        ('tools = "xml"', "'native' or 'text'"),
        ("window = 10", "greater than or equal to 1000"),
        ("max_output = 0", "greater than or equal to 1"),
        ("temperature = 1", "Extra inputs"),
    ],
)
def test_a_wrong_word_about_a_model_is_named_with_its_place(
    load: Load, line: str, problem: str
) -> None:
    with pytest.raises(SettingsError, match=rf"models\.m\.\w+ \(backsmith\.toml\): .*{problem}"):
        load(f"[models.m]\n{line}\n")


@pytest.mark.parametrize("name", ["MODELS", "STAGES"])
def test_the_environment_may_use_these_names_for_something_else(
    load: Load, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "/srv/models")
    assert load(STAGES).stage_models()["plan"] == "gpt-5.5"

"""The worker is killed again and again; what people see at the end is the same."""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from office.lead import ScriptedLead
from tests.e2e.town import Town, town
from tests.fakes.waiting import until

pytestmark = pytest.mark.timeout(600)
KILLS = 5
SEED = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(10_000))


def _is_done(place: Town) -> bool:
    return place.status("SHOP-7") == "Done"


def _kill_at_random(place: Town, chance: random.Random) -> int:
    """Kill the worker up to `KILLS` times at random moments of the ticket's life."""
    killed, last = 0, None
    while killed < KILLS and not _is_done(place):
        pid = _next_worker(place, last)
        wake = time.monotonic() + chance.uniform(3.0, 14.0)
        while time.monotonic() < wake and not _is_done(place):
            time.sleep(0.05)
        if not _is_done(place):
            os.kill(pid, signal.SIGKILL)
            killed, last = killed + 1, pid
    return killed


def _next_worker(place: Town, last: int | None) -> int:
    def look() -> int | None:
        pid = place.pid("worker")
        return pid if pid != last else None

    return until(look, "a new worker", 60)


def test_killing_the_worker_five_times_changes_nothing_that_people_see(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with town(tmp_path) as place:
        place.office.spawn(ScriptedLead(place.office).run())
        place.assign("SHOP-7")
        killed = _kill_at_random(place, chance)
        until(lambda: _is_done(place), f"merged and done (KILL_SEED={SEED})", 400)
        posts = until(lambda: _last_words(place), "the last word in the thread", 120)
        assert killed == KILLS, f"KILL_SEED={SEED}: the ticket was done after {killed} kills"
        (pull,) = place.pulls()
        assert pull["merged"]
        assert len(pull["commits"]) == 2
        assert len(posts) == 1
        texts = Counter(reply["text"] for reply in posts[0]["replies"])
        assert max(texts.values()) == 1
        moves = [value for field, value in place.history("SHOP-7") if field == "status"]
        assert moves == ["In Progress", "In Review", "Done"]
        comments = place.office.call(lambda: list(place.office.jira.tickets["SHOP-7"].comments))
        assert len(comments) == 2
        assert place.violations() == []


def _last_words(place: Town) -> list[dict[str, Any]]:
    posts = place.posts()
    replies = posts[0]["replies"] if posts else []
    return posts if any("merged" in reply["text"] for reply in replies) else []

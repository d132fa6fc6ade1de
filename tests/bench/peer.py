"""`python -m tests.bench.peer`: the bench's tickets given to mini-swe-agent, for comparison.

Same repositories, same endpoint, same hidden tests as for the product. Each run leaves a folder
`<out>/<slug>/<flavour>` with `repository`, `task.md`, `mini.log`, `trajectory.json` and
`result.json`. The agent works without a sandbox on this machine, as it does by default: it could
find the hidden tests, so a result says whether the bench's folder was ever named.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.peer_mini import (
    MINI_VERSION,
    Endpoint,
    Errand,
    Flavour,
    Mini,
    install_mini,
    options_of,
    run_mini,
    task_of,
)
from tests.bench.peer_trajectory import read_trajectory
from tests.bench.tickets_world import (
    BENCH,
    ROOT,
    Ticket,
    git,
    judge,
    load_tickets,
    make_repository,
    python_of,
)

BRANCH = "peer-result"
_COLUMNS = ("solved", "calls", "prompt_tokens", "completion_tokens", "cached_share", "seconds")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tickets asked for; 0 when all runs came to an end, solved or not."""
    asked = _parser().parse_args(argv)
    if asked.out.is_relative_to(ROOT):
        raise SystemExit(f"--out {asked.out} is inside {ROOT}: too near to the hidden tests")
    records = {t: asked.out / t.slug / asked.flavour for t in load_tickets(tuple(asked.only))}
    if there := [str(record) for record in records.values() if record.exists()]:
        raise SystemExit(f"there already: {', '.join(there)}; remove it or give another --out")
    mini = install_mini(asked.out / "mini-env", asked.mini_version)
    endpoint = Endpoint(asked.model_url, asked.model)
    results = []
    for ticket, record in records.items():
        errand = Errand(record / "repository", record, python_of(ticket), endpoint, asked.flavour)
        make_repository(ticket, errand.repository)
        result = run_ticket(mini, ticket, errand)
        sys.stderr.write(_row(result) + "\n")
        results.append(result)
    if asked.json:
        sys.stdout.write(json.dumps(results, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peer", description=__doc__)
    parser.add_argument("--model-url", required=True, help="http://host:port/v1")
    parser.add_argument("--model", required=True, help="the model's name as the endpoint spells it")
    parser.add_argument("--only", action="append", default=[], help="a ticket; repeat for more")
    parser.add_argument("--flavour", type=Flavour, choices=list(Flavour), default=Flavour.DEFAULT)
    parser.add_argument(
        "--out", type=_absolute, required=True, help="a folder outside of this checkout"
    )
    parser.add_argument("--mini-version", default=MINI_VERSION)
    parser.add_argument("--json", action="store_true", help="all results on standard output")
    return parser


def _absolute(text: str) -> Path:
    """Resolve a folder now: the agent is started in another one."""
    return Path(text).resolve()


def run_ticket(mini: Mini, ticket: Ticket, errand: Errand) -> dict[str, Any]:
    """Let the agent work on one ticket, judge what it left, and save and return the result."""
    started = datetime.now(UTC)  # noqa: TID251 - the day of the measurement
    exit_code, seconds = run_mini(mini, errand, task_of(ticket.text.read_text("utf-8")))
    head = commit_all(errand.repository)
    result = {
        "ticket": ticket.slug,
        "flavour": errand.flavour.value,
        "model": errand.endpoint.model,
        "started": started.isoformat(timespec="seconds"),
        **_judged(ticket, errand, head),
        **_spent(errand.trajectory),
        "seconds": round(seconds, 1),
        "exit_code": exit_code,
        "commit": head,
        "versions": mini.versions(),
        "command": command_line(mini, errand),
    }
    (errand.record / "result.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return result


def commit_all(repository: Path) -> str:
    """Commit whatever the agent left on a branch of its own; return the commit's id.

    What it committed by itself stays below, on whichever branch it was.
    """
    # A git that was killed at the agent's time limit leaves its lock.
    (repository / ".git" / "index.lock").unlink(missing_ok=True)
    git(repository, "add", "-A")
    git(repository, "checkout", "-q", "-B", BRANCH)
    git(repository, "commit", "-q", "--no-verify", "--allow-empty", "-m", "What the peer left")
    return git(repository, "rev-parse", "HEAD")


def _judged(ticket: Ticket, errand: Errand, head: str) -> Mapping[str, Any]:
    judgement = judge(ticket, errand.repository, head)
    return {
        "solved": judgement.solved,
        "hidden_passed": judgement.passed,
        "hidden_failed": judgement.failed,
        "hidden_failures": list(judgement.failures),
    }


def _spent(trajectory: Path) -> Mapping[str, Any]:
    if not trajectory.exists():
        return {"exit_status": "NoTrajectory", "calls": 0}
    spent = read_trajectory(trajectory)
    near = str(BENCH) in trajectory.read_text("utf-8")
    return asdict(spent) | {"cached_share": spent.cached_share, "came_near_hidden_tests": near}


def command_line(mini: Mini, errand: Errand) -> str:
    """Return the command as a person would type it in the repository's folder."""
    task = shlex.quote(str(errand.record / "task.md"))
    return f'{shlex.join([str(mini.program), *options_of(errand)])} --task "$(cat {task})"'


def _row(result: Mapping[str, Any]) -> str:
    cells = (f"{name} {result.get(name)}" for name in _COLUMNS)
    return f"{result['ticket']:24} {result['flavour']:8} " + "  ".join(cells)


if __name__ == "__main__":
    sys.exit(main())

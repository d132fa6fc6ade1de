"""`make bench-tickets`: the product on the tickets of the bench, with a model of your choice.

python -m tests.bench.tickets_bench --model-url URL [--model NAME] [--only a,b] [--out DIR] [--json]

The model's key is read from OPENAI_API_KEY.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.tickets_run import Endpoint, TicketFigures, as_document, run_ticket
from tests.bench.tickets_world import load_tickets


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tickets one after the other; 0 when all are solved."""
    asked = _parser().parse_args(arguments)
    try:
        tickets = load_tickets(tuple(filter(None, asked.only.split(","))))
    except KeyError as error:
        sys.stderr.write(f"there is no ticket {error}\n")
        return 2
    endpoint = Endpoint(asked.model_url, asked.model, os.environ.get("OPENAI_API_KEY") or "none")
    figures = []
    for ticket in tickets:
        sys.stderr.write(f"{ticket.slug} …\n")
        figures.append(run_ticket(ticket, endpoint, asked.out.resolve() / ticket.slug))
        _save(figures, asked.out, asked.model)
    if asked.json:
        sys.stdout.write((asked.out / "figures.json").read_text("utf-8"))
    else:
        show(figures, Console())
    return 0 if all(row.solved for row in figures) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tickets_bench")
    parser.add_argument("--model-url", required=True, help="address that ends in /v1")
    parser.add_argument("--model", default=os.environ.get("BACKSMITH_MODEL") or "model")
    parser.add_argument("--only", default="", help="slugs with commas; all if left out")
    parser.add_argument("--out", type=Path, default=Path("bench-tickets"))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


def _save(figures: Sequence[TicketFigures], out: Path, model: str) -> None:
    """Write what there is so far, so that a run that is stopped was not for nothing."""
    head = {
        "date": datetime.now(UTC).date().isoformat(),  # noqa: TID251 - no workflow is near
        "backsmith": version("backsmith"),
        "model": model,
    }
    text = json.dumps(head | as_document(figures), indent=1) + "\n"
    (out / "figures.json").write_text(text, "utf-8")


def show(figures: Sequence[TicketFigures], console: Console) -> None:
    """Print the figures as a table, with their sums."""
    table = Table(title="backsmith work", show_footer=True)
    total = as_document(figures)["sum"]
    columns = {
        "ticket": f"{total['solved']} of {total['tickets']} solved",
        "solved": "",
        "hidden": "",
        "outcome": "",
        "gates": "",
        "calls": str(total["calls"]),
        "prompt": f"{total['prompt_tokens']:,}",
        "completion": f"{total['completion_tokens']:,}",
        "cached": f"{total['cached_share']:.0%}",
        "seconds": f"{total['seconds']:.0f}",
        "model s": "",
        "gates s": "",
        "s/step": "",
    }
    for name, footer in columns.items():
        left = name in ("ticket", "solved", "outcome")
        table.add_column(name, footer, justify="left" if left else "right")
    for row in figures:
        table.add_row(*_cells(row))
    console.print(table)


def _cells(row: TicketFigures) -> tuple[str, ...]:
    return (
        row.ticket,
        "yes" if row.solved else "no",
        f"{row.hidden_passed}/{row.hidden_passed + row.hidden_failed}",
        f"{row.outcome} {row.verdict}".strip(),
        f"{row.gates_passed}/{len(row.gates)}",
        str(row.calls),
        f"{row.prompt_tokens:,}",
        f"{row.completion_tokens:,}",
        f"{row.cached_share:.0%}",
        f"{row.seconds:.0f}",
        f"{row.model_seconds:.0f}",
        f"{row.gate_seconds:.0f}",
        f"{row.step_seconds:.2f}",
    )


if __name__ == "__main__":
    sys.exit(main())

"""Proves many migrations in one process, on a server that runs: `python -m tests.migrations.many`.

Reads a list of jobs on stdin, each with the folders of base and head; writes one answer a line.
"""

import json
import os
import sys

from agent.evidence.migrations.inside.databases import connected
from agent.evidence.migrations.inside.proving import (
    AGAIN,
    DATA,
    FRESH,
    Proof,
    load_packages,
)


def drop(proof: Proof, socket: str) -> None:
    """Remove a proof's own databases: together they would fill the disk."""
    connection = connected(socket, "postgres")
    for name in (DATA, AGAIN, FRESH):
        connection.execute(f'DROP DATABASE IF EXISTS "{name}{proof.mark}" WITH (FORCE)')
    connection.close()


def main() -> None:
    jobs = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for tool in ("alembic", "django"):
        load_packages(tool)
    first: dict[str, Proof] = {}
    for job in jobs:
        folders, like = (job["base"], job["head"]), first.get(job["base"])
        proof = Proof(job["job"], folders, job["socket"], job["mark"], like)
        first.setdefault(job["base"], proof)
        answers.write(json.dumps({"name": job["name"], "answer": proof.prove()}) + "\n")
        answers.flush()
        drop(proof, job["socket"])


if __name__ == "__main__":
    main()

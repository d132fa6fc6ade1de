"""The contract gate: what an application answers, held against its own description."""

"""The ledger: everything that must survive a crash and is too large for a workflow, in SQL."""

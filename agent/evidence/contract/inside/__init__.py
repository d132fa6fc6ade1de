"""Parts of the script that tries an application; they follow those of `agent.stacks.openapi`.

Run under the repository's own interpreter, with schemathesis beside its packages. The parts are
joined to one text, so their names on module level must differ from one another.
"""

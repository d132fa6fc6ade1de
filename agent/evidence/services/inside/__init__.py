"""Parts of the script that starts servers before a command and stops them after it.

It runs in the sandbox under the repository's own interpreter: standard library and Python 3.8
syntax only. The parts are joined to one text, so their names on module level must differ.
"""

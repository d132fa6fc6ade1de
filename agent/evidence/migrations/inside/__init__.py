"""Parts of the scripts that look for migrations and prove them; see `script.py`.

They run in the sandbox under the repository's own interpreter: standard library and Python 3.8
syntax only, but for psycopg and what the repository itself uses. `looking` stands alone; the
others are joined to one text, so their names on module level must differ from one another.
"""

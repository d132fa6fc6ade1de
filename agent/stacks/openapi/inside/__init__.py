"""Parts of the script that runs under the repository's own interpreter; see `script.py`.

Standard library and Python 3.8 syntax only. The parts are joined to one text, so their names on
module level must differ from one another.
"""

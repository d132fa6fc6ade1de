"""Databases on a server of our own, by psycopg."""

from __future__ import annotations

from typing import Any


def connected(socket: str, database: str) -> Any:
    """Return a connection that commits each statement; raises OSError when there is none."""
    import psycopg

    try:
        return psycopg.connect(
            f"host={socket} user=postgres dbname={database}", autocommit=True, connect_timeout=20
        )
    except psycopg.Error as error:
        raise OSError(" ".join(str(error).split())) from error


def create_database(socket: str, name: str, template: str = "template1") -> None:
    """Create a database, or a copy of one to which nobody is connected."""
    connection = connected(socket, "postgres")
    try:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        connection.close()

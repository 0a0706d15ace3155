"""The old system's database, while it runs."""

from .estate import TABLES, EstateError, Row


def read(url: str) -> dict[str, list[Row]]:
    """Return the rows of the tables that matter. Raises EstateError."""
    try:
        import psycopg  # noqa: PLC0415 -- an extra
        from psycopg import sql  # noqa: PLC0415
        from psycopg.rows import dict_row  # noqa: PLC0415
    except ImportError:
        raise EstateError(
            "PostgreSQL needs the extra `postgres`: pip install 'kickwatt[postgres]'"
        ) from None
    found: dict[str, list[Row]] = {}
    try:
        with psycopg.connect(
            url, connect_timeout=10, row_factory=dict_row
        ) as connection:
            connection.read_only = True
            there = {
                row["tablename"]
                for row in connection.execute("SELECT tablename FROM pg_tables")
            }
            for table in TABLES:
                if table in there:
                    query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))
                    found[table] = list(connection.execute(query))
    except psycopg.Error as error:
        raise EstateError(
            f"The database cannot be read: {' '.join(str(error).split())}."
        ) from None
    return found

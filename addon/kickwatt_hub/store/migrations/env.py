"""Alembic runs this; the connection is handed in by `store.upgrade`."""

from alembic import context

from kickwatt_hub.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=lambda name, kind, _parents: (
        kind != "table" or not str(name).startswith("log_")
    ),
)
with context.begin_transaction():
    context.run_migrations()

"""What can go wrong between the hub and its disk."""


class StoreError(Exception):
    """Something about the store; its text is one sentence for the owner."""


class UnusableError(StoreError):
    """The data folder or the database in it cannot be used at all."""


class TooNewError(UnusableError):
    """A newer version of the hub wrote this database."""


class UnavailableError(StoreError):
    """It cannot be stored at the moment: try again later."""


class BusyError(UnavailableError):
    """More is waiting to be stored than the hub may hold in memory."""


class NotThereError(StoreError):
    """Nothing of that name is stored (any more)."""


class AlreadyThereError(StoreError):
    """Something of that name is stored already."""


class NotUniqueError(AlreadyThereError):
    """Something with the same values in these fields is stored already."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        """`fields` have to be unique together."""
        super().__init__(f"There is one with the same {', '.join(fields)} already.")
        self.fields = fields


class InUseError(AlreadyThereError):
    """It cannot be removed: something else that is stored needs it."""

    def __init__(self, user: str) -> None:
        """`user` is the kind of thing that needs it."""
        super().__init__(f"It is in use by a {user}: remove that first.")


class SupersededError(UnavailableError):
    """Another hub on this database has heard from the charger since this one last looked."""

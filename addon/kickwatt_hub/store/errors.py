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

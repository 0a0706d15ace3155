"""What the control refuses with."""


class WrongError(Exception):
    """Something that was asked for does not exist, or cannot be now."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        """Say it in one sentence; `status` as in HTTP."""
        super().__init__(message)
        self.status = status
        self.field = field

"""What a person sees when a report cannot be made: one sentence, the next step, exit code 2."""


class ReportError(Exception):
    """A run folder or a file in it is not as it must be."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Give the sentence and, where there is one, the next step on a line of its own."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message

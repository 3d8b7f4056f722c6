"""What users wrote, in the plain text of an email."""


def one_line(value: object) -> str:
    """The value without line breaks, so that a client cannot add lines that look like fields."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(value))


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"

"""Dead letters as `make dlq` prints them."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime

from ops.dead_letters.arguments import SHORT_ID
from ops.dead_letters.source import DeadLetter, DeadLetterSource


def print_table(source: DeadLetterSource, dead_letters: list[DeadLetter], total: int) -> None:
    """Print one line per dead letter, oldest first, without personal data.

    `total` is the number of dead letters in the source, selected or not.
    """
    shown = f"{len(dead_letters)} of {total}" if len(dead_letters) != total else f"{total or 'no'}"
    noun = "dead letter" if total == 1 else "dead letters"
    print(f"\n{source.name}, of {source.target}: {shown} {noun}")
    if not dead_letters:
        return
    rows = [("ID", "SUBJECT", "ERROR", "AGE", "SENT AT", "REASON")]
    for each in sorted(dead_letters, key=lambda dead_letter: dead_letter.sent_at):
        sent = each.sent_at.isoformat(timespec="seconds").replace("+00:00", "Z")
        age = _age(each.sent_at)
        rows.append((each.id[:SHORT_ID], each.subject, each.error, age, sent, each.reason))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(_fit_to_terminal(printable(f"  {line}".rstrip())))


def print_in_full(source: DeadLetterSource, dead_letters: list[DeadLetter]) -> None:
    """Print everything that is known about each dead letter, personal data included."""
    for each in dead_letters:
        fields = {
            "id": each.id,
            "in": source.name,
            "error": each.error,
            "reason": each.reason,
            **each.details,
        }
        width = max(map(len, fields))
        print()
        for name, value in fields.items():
            print(f"{name.ljust(width)}  {printable(str(value))}")
        print(f"\n{printable(each.body) if sys.stdout.isatty() else each.body}")


def printable(text: str) -> str:
    """Return the text with control characters escaped, because a terminal would obey them."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _age(sent_at: datetime) -> str:
    seconds = max(0, int((datetime.now(UTC) - sent_at).total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _fit_to_terminal(line: str) -> str:
    width = shutil.get_terminal_size().columns
    return line[: width - 1] + "…" if sys.stdout.isatty() and len(line) > width else line

"""List, show, replay and discard dead letters: `make dlq`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from ops.buckets import failed_events
from ops.letters import Letter, Letters
from ops.queues import SharedDeadLetterQueue, dead_letter_queues
from ops.stack import NoStack, find_stack

_LOOK_SECONDS = 30
_WORK_SECONDS = 300
"""How long a message is hidden at most, should we be killed before we give it back."""

_SHORT = 8

_EXAMPLES = """
  make dlq                                           list the local stack's
  make dlq ENV=prod                                  list those of an environment on AWS
  make dlq ARGS="show 3f2a91c0"                      one, whole, personal data included
  make dlq ARGS="replay --all --dry-run"             what a replay would do
  make dlq ARGS="replay --error ReceivedTooOften"    those of one error
  make dlq ARGS="discard 3f2a91c0"                   delete one that can never succeed
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0: done; 1: something failed or was not there; 130: interrupted."""
    arguments = _parse(argv)
    try:
        stack = find_stack(arguments.stack, arguments.region)
        print(stack.place, flush=True)
        return run(arguments, [*dead_letter_queues(stack), *failed_events(stack)])
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `| head` has seen enough; Python would complain on leaving
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (NoStack, SharedDeadLetterQueue, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1


def run(arguments: argparse.Namespace, places: Sequence[Letters]) -> int:
    """Do what the arguments say in every place."""
    outcome: Counter[str] = Counter()
    try:
        for place in places:
            with place.hold(_LOOK_SECONDS if _only_looks(arguments) else _WORK_SECONDS) as letters:
                chosen = [letter for letter in letters if _is_chosen(letter, arguments)]
                outcome["chosen"] += len(chosen)
                outcome["left"] += len(letters) - len(chosen)
                if arguments.command == "show":
                    _show(place, chosen)
                elif _only_looks(arguments):
                    _list(place, chosen, len(letters))
                else:
                    _work(arguments.command, place, chosen, outcome)
            if place.has_more:
                print(f"{place.name} holds more than these: come back for them")
    finally:
        _sum_up(arguments, outcome)
    is_missing = bool(arguments.ids) and not outcome["chosen"]
    return 1 if outcome["failed"] or is_missing else 0


def _work(command: str, place: Letters, chosen: list[Letter], outcome: Counter[str]) -> None:
    outcome["left"] += len(chosen)
    work = place.replay if command == "replay" else place.discard
    for letter, problem in work(chosen):
        outcome["left"] -= 1
        outcome["failed" if problem else command] += 1
        if problem:
            print(f"{letter.id[:_SHORT]}  {letter.orders}  {_printable(problem)}")


def _list(place: Letters, letters: list[Letter], total: int) -> None:
    of = f"{len(letters)} of {total}" if len(letters) != total else f"{total or 'no'}"
    print(f"\n{place.name}, of {place.target}: {of} dead letter{'' if total == 1 else 's'}")
    if not letters:
        return
    rows = [("ID", "ORDER", "ERROR", "AGE", "SENT AT", "REASON")]
    for x in sorted(letters, key=lambda letter: letter.sent):
        sent = x.sent.isoformat(timespec="seconds").replace("+00:00", "Z")
        rows.append((x.id[:_SHORT], x.orders, x.error, _age(x.sent), sent, x.reason))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(_fitting(_printable(f"  {line}".rstrip())))


def _show(place: Letters, letters: list[Letter]) -> None:
    for letter in letters:
        fields = {
            "id": letter.id,
            "in": place.name,
            "error": letter.error,
            "reason": letter.reason,
            **letter.details,
        }
        width = max(map(len, fields))
        print()
        for name, value in fields.items():
            print(f"{name.ljust(width)}  {_printable(str(value))}")
        print(f"\n{_printable(letter.body) if sys.stdout.isatty() else letter.body}")


def _sum_up(arguments: argparse.Namespace, outcome: Counter[str]) -> None:
    done = {"replay": "replayed", "discard": "discarded"}.get(arguments.command)
    if arguments.ids and not outcome["chosen"]:
        print(f"no dead letter {', '.join(arguments.ids)}", file=sys.stderr)
    if done and arguments.dry_run:
        print(f"\n{outcome['chosen']} would be {done}, {outcome['left']} left; nothing was changed")
    elif done:
        n, left, failed = (outcome[key] for key in (arguments.command, "left", "failed"))
        print(f"\n{n} {done}, {left} left, {failed} failed", flush=True)


def _only_looks(arguments: argparse.Namespace) -> bool:
    return arguments.command in ("list", "show") or arguments.dry_run


def _is_chosen(letter: Letter, arguments: argparse.Namespace) -> bool:
    named = (letter.id, letter.orders)
    return (not arguments.error or letter.error == arguments.error) and (
        not arguments.ids or any(name.startswith(i) for name in named for i in arguments.ids)
    )


def _age(sent: datetime) -> str:
    seconds = max(0, int((datetime.now(UTC) - sent).total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _fitting(line: str) -> str:
    width = shutil.get_terminal_size().columns
    return line[: width - 1] + "…" if sys.stdout.isatty() and len(line) > width else line


def _printable(text: str) -> str:
    """The text without what a terminal would obey: a message may say anything."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make dlq",
        description=__doc__,
        epilog=f"examples:{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    commands = ["list", "show", "replay", "discard"]
    add("command", nargs="?", default="list", choices=commands, help="list unless given")
    add("ids", nargs="*", type=_id, metavar="ID", help="its first 8 characters, or the order's")
    add("--id", action="append", default=[], type=_id, metavar="ID", help="the same")
    add("--error", help="only those of this error, such as OrderConflict")
    add("--all", action="store_true", help="replay all there are")
    add("--dry-run", action="store_true", help="say what would be done, and change nothing")
    add("--stack", help="a stack on AWS; without it ENV's, and without that the local one")
    add("--region", help="its region, else that of your AWS configuration")
    arguments = parser.parse_intermixed_args(argv)
    arguments.ids += arguments.id
    if arguments.command == "show" and not arguments.ids:
        parser.error("show needs an ID")
    if arguments.command == "replay" and not (arguments.ids or arguments.error or arguments.all):
        parser.error("replay needs an ID, --error or --all")
    if arguments.command == "discard" and not (arguments.ids or arguments.error):
        parser.error("discard needs an ID or --error")
    return arguments


def _id(text: str) -> str:
    if len(text) < _SHORT:
        raise argparse.ArgumentTypeError(f"{text!r} has fewer than {_SHORT} characters")
    return text.lower()


if __name__ == "__main__":
    sys.exit(main())

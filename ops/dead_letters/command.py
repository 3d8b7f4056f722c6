"""List, show, replay and discard dead letters: `make dlq`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

from ops.dead_letters.arguments import SHORT_ID, parse
from ops.dead_letters.buckets import bucket_sources
from ops.dead_letters.output import print_in_full, print_table, printable
from ops.dead_letters.queues import SharedDeadLetterQueue, queue_sources
from ops.dead_letters.source import DeadLetter, DeadLetterSource
from ops.stack import DeployedStack, find_stack
from ops.stack_command import run_on_stack

# If this process is killed, messages stay hidden from other readers for at most this long.
_READ_SECONDS = 30
_CHANGE_SECONDS = 300


@dataclass
class _Summary:
    """The number of dead letters that were selected, and what happened to them and the others."""

    selected: int = 0
    done: int = 0
    left: int = 0
    failed: int = 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 on success, 1 on a failure, 130 if interrupted."""
    arguments = parse(argv)

    def work(stack: DeployedStack) -> int:
        return run(arguments, [*queue_sources(stack), *bucket_sources(stack)])

    return run_on_stack(arguments, find_stack, work, SharedDeadLetterQueue)


def run(arguments: Namespace, sources: Sequence[DeadLetterSource]) -> int:
    """Run the command on every source. Returns the exit status."""
    summary = _Summary()
    try:
        for source in sources:
            seconds = _READ_SECONDS if _is_read_only(arguments) else _CHANGE_SECONDS
            with source.hold(seconds) as dead_letters:
                selected = [found for found in dead_letters if _is_selected(found, arguments)]
                summary.selected += len(selected)
                summary.left += len(dead_letters) - len(selected)
                if arguments.command == "show":
                    print_in_full(source, selected)
                elif _is_read_only(arguments):
                    print_table(source, selected, len(dead_letters))
                else:
                    _change(arguments.command, source, selected, summary)
            if source.has_more:
                print(f"{source.name} holds more dead letters: run this command again")
    finally:
        _print_summary(arguments, summary)
    is_missing = bool(arguments.ids) and not summary.selected
    return 1 if summary.failed or is_missing else 0


def _change(
    command: str, source: DeadLetterSource, selected: list[DeadLetter], summary: _Summary
) -> None:
    summary.left += len(selected)
    change = source.replay if command == "replay" else source.discard
    for dead_letter, problem in change(selected):
        summary.left -= 1
        if problem:
            summary.failed += 1
            print(f"{dead_letter.id[:SHORT_ID]}  {dead_letter.subject}  {printable(problem)}")
        else:
            summary.done += 1


def _print_summary(arguments: Namespace, summary: _Summary) -> None:
    if arguments.ids and not summary.selected:
        print(f"no dead letter matches {', '.join(arguments.ids)}", file=sys.stderr)
    done = {"replay": "replayed", "discard": "discarded"}.get(arguments.command)
    if done and arguments.dry_run:
        print(f"\n{summary.selected} would be {done}, {summary.left} left; nothing was changed")
    elif done:
        print(f"\n{summary.done} {done}, {summary.left} left, {summary.failed} failed", flush=True)


def _is_read_only(arguments: Namespace) -> bool:
    return arguments.command in ("list", "show") or arguments.dry_run


def _is_selected(dead_letter: DeadLetter, arguments: Namespace) -> bool:
    if arguments.error and dead_letter.error != arguments.error:
        return False
    names = (dead_letter.id, dead_letter.subject)
    return not arguments.ids or any(
        name.startswith(prefix) for name in names for prefix in arguments.ids
    )

"""`make dlq` deletes only what the operator selects."""

from __future__ import annotations

import pytest

from ops.dead_letters import command
from tests.unit.ops.deployment import Deployment


def test_discard_deletes_only_the_selected_dead_letter(deployed: Deployment) -> None:
    kept, discarded = deployed.add_dead_letter(), deployed.add_dead_letter()

    status = deployed.dlq("discard", discarded)

    assert status == 0
    assert deployed.dead_letter_ids() == [kept]
    assert deployed.messages(deployed.orders_queue) == []


@pytest.mark.parametrize(
    "argv", [["replay"], ["discard"], ["discard", "--all"], ["show"], ["replay", "--id", ""]]
)
def test_a_command_without_a_selection_is_refused(argv: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(argv)


@pytest.mark.parametrize("argv", [["replay", "--all"], ["discard", "--error", "UnreadableOrder"]])
def test_a_dry_run_changes_nothing(
    deployed: Deployment, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    message_id = deployed.add_dead_letter()
    key, event = deployed.add_failed_batch()

    deployed.dlq(*argv, "--dry-run")

    assert deployed.dead_letter_ids() == [message_id]
    assert deployed.messages(deployed.orders_queue) == []
    assert deployed.failed_batches() == {key: event}
    assert "nothing was changed" in capsys.readouterr().out

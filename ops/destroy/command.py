"""Delete a stack permanently, with all data that it retains: `make destroy ENV=dev`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from ops.arguments import stack_parser
from ops.destroy.data_stores import data_stores
from ops.destroy.log_role import LogRole
from ops.destroy.stack_record import NotDeleted, Resource, StackRecord
from ops.stack import DeployedStack, StackNotFound, find_stack
from ops.stack_command import run_on_stack

_ROLE = "AWS::IAM::Role"
_ACCOUNT = "AWS::ApiGateway::Account"
_GROUP = "AWS::Cognito::UserPoolGroup"

_EXAMPLES = """
  make destroy                                  the local stack; then run make down and make up
  make destroy ENV=dev                          the stack of an environment on AWS
  make destroy ENV=dev ARGS="--confirm NAME"    without a prompt; NAME is the stack's name
"""


class Refused(Exception):
    """The stack is protected or was not confirmed; the text says what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    """Return the exit status. 0: all deleted; 1: refused, or not all deleted; 130: interrupted."""
    arguments = _parse(argv)
    return run_on_stack(
        arguments,
        find_stack,
        lambda stack: 0 if Destruction(stack).run(arguments.confirm) else 1,
        *(Refused, NotDeleted),
        interrupted="interrupted; run it again to continue",
    )


class Destruction:
    """Lists a stack's resources, asks for confirmation, and deletes them and the stack."""

    def __init__(self, stack: DeployedStack) -> None:
        self._name = stack.name
        self._record = StackRecord(stack)
        self._stores = data_stores(stack)
        self._log_role = LogRole(stack)

    def run(self, confirmation: str | None) -> bool:
        """Return whether everything is deleted. Raises StackNotFound, Refused and NotDeleted."""
        if not self._record.is_known:
            raise StackNotFound(
                f"there is no stack {self._name}, and there was none in the last 90 days"
            )
        present = self._present(self._record.resources())
        if not present and not self._record.is_live:
            print("everything is deleted already")
            return True
        self._list(present)
        self._refuse_protected(present)
        self._confirm(confirmation)
        if self._record.is_live:
            print("deleting the stack", flush=True)
            self._record.delete()
            print("the stack is deleted; deleting the resources that it retained", flush=True)
        done = [self._delete(resource) for resource in self._record.retained()]
        return all(done)

    def _present(self, resources: Iterable[Resource]) -> dict[Resource, str]:
        """Return the resources that exist, with a description of their contents; data first."""
        found: dict[Resource, str] = {}
        for resource in sorted(resources, key=lambda each: each.type not in self._stores):
            if resource.type in self._stores:
                contents = self._stores[resource.type].contents(resource.id)
                if contents is not None:
                    found[resource] = contents
            elif self._record.is_live or self._is_left(resource):
                found[resource] = ""
        return found

    def _is_left(self, resource: Resource) -> bool:
        """Return whether a resource that a deleted stack retained still has to be deleted."""
        if resource.type in (_ACCOUNT, _GROUP):
            return False  # one belongs to the AWS account, the other to the user pool
        return resource.type != _ROLE or self._log_role.is_left(resource.id)

    def _list(self, present: dict[Resource, str]) -> None:
        kind = "stack" if self._record.is_live else "deleted stack that retained these resources"
        print(f"\n{self._name}: a {kind}\n")
        rows = [("TYPE", "LOGICAL ID", "CONTENTS", "PHYSICAL ID")]
        rows += [(each.type, each.name, contents, each.id) for each, contents in present.items()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            print(f"  {'  '.join(cells)}".rstrip())
        print(flush=True)

    def _refuse_protected(self, present: Iterable[Resource]) -> None:
        """Raises Refused."""
        reasons = self._record.protections() or [
            f"{resource.name} has deletion protection; to turn it off: {command}"
            for resource in present
            if resource.type in self._stores
            and (command := self._stores[resource.type].protection(resource.id))
        ]
        if reasons:
            raise Refused("\n".join([f"{self._name} is protected; nothing was deleted", *reasons]))

    def _confirm(self, confirmation: str | None) -> None:
        """Raises Refused."""
        if confirmation is None:
            print(f"Type {self._name} to delete all of this permanently: ", end="", flush=True)
            confirmation = sys.stdin.readline().rstrip("\n")
        if confirmation != self._name:
            raise Refused(f"{confirmation!r} is not {self._name}: nothing was deleted")

    def _delete(self, resource: Resource) -> bool:
        """Delete a retained resource and print the outcome. Returns whether this is done."""
        outcome, is_done = "deleted", True
        try:
            if resource.type in self._stores:
                self._stores[resource.type].delete(resource.id)
            elif resource.type == _GROUP:
                outcome = "deleted with its user pool"
            elif resource.type == _ACCOUNT:
                outcome = "kept: this setting belongs to the account, not to the stack"
            elif resource.type != _ROLE:
                outcome, is_done = "not deleted: delete it manually", False
            elif self._log_role.is_in_use(resource.id):
                outcome = "kept: API Gateway uses it to write all access logs of this account"
            else:
                self._log_role.delete(resource.id)
        except (BotoCoreError, ClientError) as error:
            outcome, is_done = f"not deleted: {error}", False
        print(f"  {resource.type}  {resource.name}  {resource.id}  {outcome}", flush=True)
        return is_done


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = stack_parser(
        "destroy",
        __doc__,
        _EXAMPLES,
    )
    parser.add_argument("--confirm", metavar="NAME", help="the stack's name, instead of typing it")
    return parser.parse_args(argv)

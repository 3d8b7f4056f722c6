"""The role that API Gateway uses to write access logs: one setting per account and region."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ops.stack import DeployedStack


class LogRole:
    """A stack's role for access logs, which the stack has set for its whole account."""

    def __init__(self, stack: DeployedStack) -> None:
        self._iam = stack.client("iam")
        self._gateway = stack.client("apigateway")

    def is_left(self, name: str) -> bool:
        """Return whether the role exists and is not in use."""
        return self._arn(name) is not None and not self.is_in_use(name)

    def is_in_use(self, name: str) -> bool:
        """Return whether the account's setting names the role, so other stacks may need it."""
        setting = self._gateway.get_account().get("cloudwatchRoleArn")
        return setting is not None and setting == self._arn(name)

    def delete(self, name: str) -> None:
        """Delete the role with its policies. A missing role is not an error."""
        try:
            attached = self._iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
            for policy in attached:
                self._iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
            self._iam.delete_role(RoleName=name)
        except self._iam.exceptions.NoSuchEntityException:
            return

    def _arn(self, name: str) -> str | None:
        try:
            arn: str = self._iam.get_role(RoleName=name)["Role"]["Arn"]
        except self._iam.exceptions.NoSuchEntityException:
            return None
        return arn

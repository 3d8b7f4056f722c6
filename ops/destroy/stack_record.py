"""What CloudFormation knows about a stack and the resources that it retained.

CloudFormation keeps the list of retained resources, as events `DELETE_SKIPPED`, for 90 days after a
stack is deleted (API reference, DescribeStackEvents and ListStacks). So nothing is stored here, and
an interrupted deletion can be continued from any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

    from ops.stack import DeployedStack

# Up to one hour. An OpenSearch domain takes about 15 minutes, a CloudFront distribution less.
_WAIT = {"Delay": 5, "MaxAttempts": 720}

# The first deployment failed. Such a stack cannot be updated, only deleted.
_NEVER_DEPLOYED = {"REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE"}


class NotDeleted(Exception):
    """CloudFormation could not delete the stack; the text says why."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack. `name` is its logical id, `id` its physical id."""

    type: str
    name: str
    id: str


class StackRecord:
    """CloudFormation's record of all stacks, deleted ones too, that have one name."""

    def __init__(self, stack: DeployedStack) -> None:
        self._name = stack.name
        self._client: CloudFormationClient = stack.client("cloudformation")
        self._live = self._described()
        self._ids = [self._live["StackId"]] if self._live else self._deleted()

    @property
    def is_live(self) -> bool:
        """Whether the stack exists now. If not, the record is that of deleted stacks."""
        return self._live is not None

    @property
    def is_known(self) -> bool:
        """Whether the stack exists or existed."""
        return bool(self._ids)

    def protections(self) -> list[str]:
        """Return what protects the stack itself, each with how to turn it off."""
        if self._live is None:
            return []
        found = []
        if self._live.get("EnableTerminationProtection"):
            found.append(
                "termination protection is on: aws cloudformation update-termination-protection "
                f"--no-enable-termination-protection --stack-name {self._name}"
            )
        values = {p["ParameterKey"]: p["ParameterValue"] for p in self._live.get("Parameters", ())}
        deployed = self._live["StackStatus"] not in _NEVER_DEPLOYED
        if deployed and values.get("DeletionProtection") == "true":
            found.append(
                "DeletionProtection is true: deploy the stack again with "
                "--parameter-overrides DeletionProtection=false"
            )
        return found

    def resources(self) -> list[Resource]:
        """Return the stack's resources, then those that deleted stacks of its name retained."""
        if self._live is None:
            return self.retained()
        pages = self._client.get_paginator("list_stack_resources")
        listed = pages.paginate(StackName=self._ids[0]).search("StackResourceSummaries[]")
        present = [
            _resource(each) for each in listed if each["ResourceStatus"] != "DELETE_COMPLETE"
        ]
        return list(dict.fromkeys(each for each in [*present, *self.retained()] if each.id))

    def retained(self) -> list[Resource]:
        """Return the retained resources that do not belong to another stack by now."""
        pages = self._client.get_paginator("describe_stack_events")
        skipped = {
            _resource(event)
            for stack_id in self._ids
            for event in pages.paginate(StackName=stack_id).search("StackEvents[]")
            if event["ResourceStatus"] == "DELETE_SKIPPED"
        }
        found = sorted(skipped, key=lambda each: (each.type, each.name, each.id))
        return [each for each in found if each.id and not self._belongs_elsewhere(each)]

    def delete(self) -> None:
        """Delete the stack, if it exists, and wait until it is deleted. Raises NotDeleted."""
        if self._live is None:
            return
        [stack_id] = self._ids
        self._client.delete_stack(StackName=stack_id)
        try:
            self._client.get_waiter("stack_delete_complete").wait(
                StackName=stack_id,
                WaiterConfig=_WAIT,  # type: ignore[arg-type]
            )
        except WaiterError as error:
            answer: Any = error.last_response
            described = answer.get("Stacks", [{}])[0]
            reason = described.get("StackStatusReason", str(error))
            raise NotDeleted(f"{self._name} is not deleted yet: {reason}") from error

    def _described(self) -> Any:
        try:
            return self._client.describe_stacks(StackName=self._name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise

    def _deleted(self) -> list[str]:
        pages = self._client.get_paginator("list_stacks").paginate(
            StackStatusFilter=["DELETE_COMPLETE"]
        )
        stacks = pages.search("StackSummaries[]")
        return [stack["StackId"] for stack in stacks if stack["StackName"] == self._name]

    def _belongs_elsewhere(self, resource: Resource) -> bool:
        """Return whether another stack has imported the resource since then."""
        if resource.type == "AWS::Cognito::UserPoolGroup":
            return False  # its id is unique only in its pool
        try:
            found = self._client.describe_stack_resources(PhysicalResourceId=resource.id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":  # it belongs to no stack
                raise
            return False
        return any(
            each["StackId"] not in self._ids and each["ResourceStatus"] != "DELETE_SKIPPED"
            for each in found["StackResources"]
        )


def _resource(record: Any) -> Resource:
    return Resource(
        type=record["ResourceType"],
        name=record["LogicalResourceId"],
        id=record.get("PhysicalResourceId", ""),
    )

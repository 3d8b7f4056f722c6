"""Pictures: what is made of an upload never counts as one."""

from collections.abc import Iterator
from typing import Any

from project.template import Template
from tests.template.convention import changed, convention, listed, resources, without
from tests.template.test_permissions import allowed

UPLOADS = "uploads/"

BUCKET = ("ImagesBucket", "Properties")
NOTIFICATION = (*BUCKET, "NotificationConfiguration", "TopicConfigurations", 0)
PREFIX = (*NOTIFICATION, "Filter", "S3Key", "Rules", 0)
PROCESSING = ("ImageProcessingFunctionRole", "Properties", "Policies", 0, "PolicyDocument")


@convention(
    without(*NOTIFICATION, "Filter"),
    changed(*PREFIX, "Value", to=""),
    changed(*PREFIX, "Name", to="suffix"),
    changed(
        *("ThumbnailsBucket", "Properties", "NotificationConfiguration"),
        to={"TopicConfigurations": [{"Event": "s3:ObjectCreated:*"}]},
    ),
)
def test_only_what_arrives_notifies(template: Template) -> Iterator[str]:
    """fault 41"""
    for name in ("ImagesBucket", "ThumbnailsBucket"):
        bucket = template["Resources"][name]["Properties"]
        for configured in bucket.get("NotificationConfiguration", {}).get(
            "TopicConfigurations", []
        ):
            rules = configured.get("Filter", {}).get("S3Key", {}).get("Rules")
            if rules != [{"Name": "prefix", "Value": UPLOADS}]:
                yield f"{name} notifies of {rules}"


@convention(
    changed(*PROCESSING, "Statement", 3, "Resource", to={"Fn::Sub": "${ImagesBucket.Arn}/*"}),
    changed(*PROCESSING, "Statement", 2, "Action", to=["s3:GetObject", "s3:PutObject"]),
)
def test_who_hears_of_arrivals_can_cause_none(template: Template) -> Iterator[str]:
    """fault 41"""
    for name, statement in allowed(template):
        if name.startswith("ImageProcessing") and "s3:PutObject" in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                if _reaches_uploads(resource):
                    yield f"{name} may write to {resource}"


@convention(
    without(*BUCKET, "LifecycleConfiguration"),
    changed(*BUCKET, "LifecycleConfiguration", "Rules", 0, "Prefix", to=""),
    changed(*BUCKET, "LifecycleConfiguration", "Rules", 0, "Status", to="Disabled"),
)
def test_an_abandoned_upload_goes_and_no_picture_does(template: Template) -> Iterator[str]:
    rules = template["Resources"]["ImagesBucket"]["Properties"].get("LifecycleConfiguration", {})
    expiring = [
        (rule["Prefix"], rule["Status"])
        for rule in rules.get("Rules", [])
        if "ExpirationInDays" in rule
    ]
    if expiring != [(UPLOADS, "Enabled")]:
        yield f"what expires is {expiring}"


@convention(
    changed("ImagesTable", "Properties", "TimeToLiveSpecification", "AttributeName", to="expiry")
)
def test_an_image_that_never_came_expires(template: Template) -> Iterator[str]:
    for name, table in resources(template, "AWS::DynamoDB::Table"):
        if name == "ImagesTable" and table.get("TimeToLiveSpecification") != {
            "AttributeName": "expiresAt",
            "Enabled": True,
        }:
            yield f"{name} keeps what never came"


def _reaches_uploads(resource: Any) -> bool:
    bucket, _, key = str(resource["Fn::Sub"]).partition("/")
    return bucket == "${ImagesBucket.Arn}" and key.startswith(("*", UPLOADS))

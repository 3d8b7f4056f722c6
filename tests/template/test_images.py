"""The images bucket: only uploads trigger image_processing, and abandoned uploads expire."""

from collections.abc import Iterator
from typing import Any

from project.template import Template
from tests.template.rules import changed, listed, resources, rule, without
from tests.template.test_permissions import allowed

UPLOADS = "uploads/"

BUCKET = ("ImagesBucket", "Properties")
NOTIFICATION = (*BUCKET, "NotificationConfiguration", "TopicConfigurations", 0)
PREFIX = (*NOTIFICATION, "Filter", "S3Key", "Rules", 0)
PROCESSING = ("ImageProcessingFunctionRole", "Properties", "Policies", 0, "PolicyDocument")


@rule(
    without(*NOTIFICATION, "Filter"),
    changed(*PREFIX, "Value", to=""),
    changed(*PREFIX, "Name", to="suffix"),
    changed(
        *("ThumbnailsBucket", "Properties", "NotificationConfiguration"),
        to={"TopicConfigurations": [{"Event": "s3:ObjectCreated:*"}]},
    ),
)
def test_only_uploads_send_notifications(template: Template) -> Iterator[str]:
    """fault 41"""
    for name in ("ImagesBucket", "ThumbnailsBucket"):
        bucket = template["Resources"][name]["Properties"]
        for configured in bucket.get("NotificationConfiguration", {}).get(
            "TopicConfigurations", []
        ):
            rules = configured.get("Filter", {}).get("S3Key", {}).get("Rules")
            if rules != [{"Name": "prefix", "Value": UPLOADS}]:
                yield f"{name} sends notifications for {rules}, not only for uploads"


@rule(
    changed(*PROCESSING, "Statement", 3, "Resource", to={"Fn::Sub": "${ImagesBucket.Arn}/*"}),
    changed(*PROCESSING, "Statement", 2, "Action", to=["s3:GetObject", "s3:PutObject"]),
)
def test_the_function_that_uploads_trigger_may_not_write_uploads(
    template: Template,
) -> Iterator[str]:
    """fault 41"""
    for name, statement in allowed(template):
        if name.startswith("ImageProcessing") and "s3:PutObject" in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                if _reaches_uploads(resource):
                    yield f"{name} may write to {resource}, and so trigger itself"


@rule(
    without(*BUCKET, "LifecycleConfiguration"),
    changed(*BUCKET, "LifecycleConfiguration", "Rules", 0, "Prefix", to=""),
    changed(*BUCKET, "LifecycleConfiguration", "Rules", 0, "Status", to="Disabled"),
)
def test_abandoned_uploads_expire_and_pictures_do_not(template: Template) -> Iterator[str]:
    rules = template["Resources"]["ImagesBucket"]["Properties"].get("LifecycleConfiguration", {})
    expiring = [
        (rule["Prefix"], rule["Status"])
        for rule in rules.get("Rules", [])
        if "ExpirationInDays" in rule
    ]
    if expiring != [(UPLOADS, "Enabled")]:
        yield f"these prefixes expire: {expiring}"


@rule(changed("ImagesTable", "Properties", "TimeToLiveSpecification", "AttributeName", to="expiry"))
def test_the_row_of_an_image_without_upload_expires(template: Template) -> Iterator[str]:
    for name, table in resources(template, "AWS::DynamoDB::Table"):
        if name == "ImagesTable" and table.get("TimeToLiveSpecification") != {
            "AttributeName": "expiresAt",
            "Enabled": True,
        }:
            yield f"{name} keeps the rows of images that were never uploaded"


def _reaches_uploads(resource: Any) -> bool:
    bucket, _, key = str(resource["Fn::Sub"]).partition("/")
    return bucket == "${ImagesBucket.Arn}" and key.startswith(("*", UPLOADS))

"""Access to the emulator of a local stack: its credentials, the environment of tools, clients."""

from __future__ import annotations

import json
import os
import secrets
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES

REGION = "us-east-1"
STACK = "storefront"

# These isolate the stack from the developer's own AWS configuration.
AWS_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

type Outputs = dict[str, str]


def new_credentials() -> Outputs:
    """Return random credentials of the emulator's root user, as outputs of a stack."""
    return {
        "AccessKeyId": f"LOCAL{secrets.token_hex(8).upper()}",
        "SecretAccessKey": secrets.token_urlsafe(30),
    }


def environment(outputs: Outputs) -> dict[str, str]:
    """Return the variables with which AWS tools use the emulator, and nothing else of AWS."""
    return AWS_ENVIRONMENT | {
        "AWS_ENDPOINT_URL": outputs["Endpoint"],
        "AWS_ACCESS_KEY_ID": outputs["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": outputs["SecretAccessKey"],
    }


def client(service: str, outputs: Outputs, **options: Any) -> Any:
    """Return a boto3 client for the emulator of the stack with these outputs.

    An empty endpoint means AWS: a deployed stack has none, so boto3 finds region and credentials
    as every AWS tool does.
    """
    if not outputs["Endpoint"]:
        return boto3.client(service, **options)  # type: ignore[call-overload]
    emulator = {
        "endpoint_url": outputs["Endpoint"],
        "aws_access_key_id": outputs["AccessKeyId"],
        "aws_secret_access_key": outputs["SecretAccessKey"],
    }
    direct = Config(proxies={}).merge(options.pop("config", Config()))
    return _session().client(service, config=direct, **emulator | options)  # type: ignore[call-overload]


@cache
def _session() -> boto3.Session:
    """Return a session that reads neither the environment nor the files of the developer."""
    variables = {
        name: (None, None, default, convert)
        for name, (_, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    for name, value in (("config_file", os.devnull), ("credentials_file", os.devnull)):
        variables[name] = (None, None, value, None)
    session = botocore.session.Session(session_vars=variables)
    return boto3.Session(botocore_session=session, region_name=REGION)


def subscribed_queue(name: str, topic: str, outputs: Outputs) -> str:
    """Return the URL of a queue that is subscribed to the topic. Creates it if necessary."""
    return subscribe(client("sqs", outputs), client("sns", outputs), name, topic)[0]


def subscribe(sqs: Any, sns: Any, name: str, topic: str) -> tuple[str, str]:
    """Subscribe a queue to the topic. Returns the queue's URL and the subscription's ARN."""
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    [arn] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])[
        "Attributes"
    ].values()
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    made = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    return url, made["SubscriptionArn"]

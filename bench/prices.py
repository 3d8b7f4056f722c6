"""AWS prices: us-east-1, on demand, without free tiers and volume discounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MILLION = 1_000_000

DATE = "2026-11-20"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for `per` units.

    `page` is AWS's own. It shows prices only in a browser, so `confirmed_by` tells which copies of
    it by others were compared.
    """

    dollars: float
    per: int
    page: str
    confirmed_by: str


_DYNAMODB = "aws.amazon.com/dynamodb/pricing/on-demand"
_DYNAMODB_CONFIRMED = "third parties, 2025, after the price cut of November 2024"

PRICES = {
    "API Gateway, requests": Price(
        3.50, MILLION, "aws.amazon.com/api-gateway/pricing", "third parties, 2025"
    ),
    "SQS, requests": Price(0.40, MILLION, "aws.amazon.com/sqs/pricing", "third parties, undated"),
    "Lambda, invocations": Price(
        0.20, MILLION, "aws.amazon.com/lambda/pricing", "third parties, 2025"
    ),
    "Lambda, GB-seconds (arm64)": Price(
        13.3334, MILLION, "aws.amazon.com/lambda/pricing", "third parties, undated"
    ),
    "DynamoDB, write units": Price(0.625, MILLION, _DYNAMODB, _DYNAMODB_CONFIRMED),
    "DynamoDB, read units": Price(0.125, MILLION, _DYNAMODB, _DYNAMODB_CONFIRMED),
    "SNS, requests": Price(
        0.50,
        MILLION,
        "aws.amazon.com/sns/pricing",
        "third parties, June 2026; SNS guide: a batch is one request",
    ),
    "SNS, emails": Price(2.00, 100_000, "aws.amazon.com/sns/pricing", "third parties, June 2026"),
    "S3, writes": Price(0.005, 1000, "aws.amazon.com/s3/pricing", "third parties, February 2020"),
    "S3, reads": Price(0.0004, 1000, "aws.amazon.com/s3/pricing", "third parties, February 2020"),
    "CloudWatch, MB of logs": Price(
        0.50, 1000, "aws.amazon.com/cloudwatch/pricing", "third parties, June 2026"
    ),
    "CloudWatch, metrics per month": Price(
        0.30, 1, "aws.amazon.com/cloudwatch/pricing", "third parties, February 2026"
    ),
    "CloudWatch, alarms per month": Price(
        0.10, 1, "aws.amazon.com/cloudwatch/pricing", "third parties, undated"
    ),
    "CloudWatch, dashboards per month": Price(
        3.00, 1, "aws.amazon.com/cloudwatch/pricing", "third parties, June 2026"
    ),
    "Cognito, active users": Price(  # of the tier Essentials
        0.015, 1, "aws.amazon.com/cognito/pricing", "third parties, September 2026"
    ),
    "X-Ray, traces": Price(5.00, MILLION, "aws.amazon.com/xray/pricing", "third parties, 2024"),
}


def dollars(bill: Mapping[str, float]) -> float:
    """The price of a number of each unit."""
    return sum(count * PRICES[unit].dollars / PRICES[unit].per for unit, count in bill.items())

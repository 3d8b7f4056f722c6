"""The web client: a private bucket, and the same security headers as on the local stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.gateway.web_client import WebClient
from project.template import ROOT, Template
from tests.template.rules import changed, rule, without

DISTRIBUTION = ("WebDistribution", "Properties", "DistributionConfig")
SESSION = (*DISTRIBUTION, "CacheBehaviors", 0)
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
HEADERS = (
    *("WebHeaders", "Properties", "ResponseHeadersPolicyConfig"),
    "SecurityHeadersConfig",
)
POLICY = (*HEADERS, "ContentSecurityPolicy", "ContentSecurityPolicy")


def directives(policy: str) -> dict[str, str]:
    return dict(each.strip().split(" ", 1) for each in policy.split(";"))


@rule(
    changed(*POLICY, "Fn::Sub", 0, to="default-src 'none'; script-src 'self' 'unsafe-inline'"),
    without(*HEADERS, "ReferrerPolicy"),
    without(*HEADERS, "ContentTypeOptions"),
)
def test_the_distribution_sends_the_security_headers_of_the_local_stack(
    template: Template,
) -> Iterator[str]:
    headers = template["Resources"]["WebHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    security: dict[str, Any] = headers["SecurityHeadersConfig"]
    here = WebClient(ROOT / "web", "http://127.0.0.1:4566", {}).headers
    policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"][0]
    ours, its = directives(here["Content-Security-Policy"]), directives(policy)
    for name in ours:
        same = its.get(name) == ours[name] or name in ("img-src", "connect-src")
        if name not in its or not same:
            yield f"the directive {name} is {its.get(name)}, not {ours[name]}"
    if "ContentTypeOptions" not in security:
        yield "browsers may guess content types: X-Content-Type-Options is missing"
    referrer = security.get("ReferrerPolicy", {}).get("ReferrerPolicy")
    if referrer != here["Referrer-Policy"]:
        yield f"the Referrer-Policy is {referrer}, not {here['Referrer-Policy']}"


@rule(
    without(*SESSION, "PathPattern"),
    changed(*SESSION, "CachePolicyId", to="658327ea-f89d-4fab-a63d-7e88639e58f6"),
    without(*SESSION, "OriginRequestPolicyId"),
    changed(*SESSION, "ViewerProtocolPolicy", to="allow-all"),
    without(*SESSION, "ResponseHeadersPolicyId"),
    changed(*DISTRIBUTION, "Origins", 1, "CustomOriginConfig", "OriginProtocolPolicy", to="http"),
)
def test_the_distribution_passes_the_cookie_on_and_keeps_no_answer(
    template: Template,
) -> Iterator[str]:
    """fault 99"""
    distribution = template["Resources"]["WebDistribution"]["Properties"]["DistributionConfig"]
    origins = {each["Id"]: each for each in distribution["Origins"]}
    behaviour = distribution["CacheBehaviors"][0]
    if behaviour.get("PathPattern") != "/session":
        yield "the session cookie would be set for another path"
    if behaviour["CachePolicyId"] != CACHING_DISABLED:
        yield "CloudFront caches the tokens of one user for the next one"
    if behaviour.get("OriginRequestPolicyId") != ALL_BUT_HOST:
        yield "CloudFront does not pass the cookie and Sec-Fetch-Site on to the API"
    if behaviour["ViewerProtocolPolicy"] != "https-only":
        yield "the distribution takes the cookie over plain HTTP"
    if "ResponseHeadersPolicyId" not in behaviour:
        yield "the answers about sessions have no security headers"
    protocol = origins[behaviour["TargetOriginId"]]["CustomOriginConfig"]["OriginProtocolPolicy"]
    if protocol != "https-only":
        yield "CloudFront sends the cookie to the API over plain HTTP"


@rule(
    changed(*DISTRIBUTION, "Logging", to={"Bucket": "logs", "IncludeCookies": True}),
)
def test_the_logs_of_the_distribution_have_no_cookies(template: Template) -> Iterator[str]:
    """fault 102"""
    distribution = template["Resources"]["WebDistribution"]["Properties"]["DistributionConfig"]
    if distribution.get("Logging", {}).get("IncludeCookies"):
        yield "CloudFront writes the refresh tokens in the cookies to its log"


@rule(
    without(*DISTRIBUTION, "Origins", 0, "OriginAccessControlId"),
    changed(*DISTRIBUTION, "DefaultCacheBehavior", "ViewerProtocolPolicy", to="allow-all"),
    without(*DISTRIBUTION, "DefaultCacheBehavior", "ResponseHeadersPolicyId"),
    without("WebBucketPolicy", "Properties", "PolicyDocument", "Statement", 1, "Condition"),
)
def test_only_the_distribution_reads_the_bucket_and_it_requires_tls(
    template: Template,
) -> Iterator[str]:
    distribution = template["Resources"]["WebDistribution"]["Properties"]["DistributionConfig"]
    behaviour = distribution["DefaultCacheBehavior"]
    if "OriginAccessControlId" not in distribution["Origins"][0]:
        yield "the distribution does not sign its requests to the bucket"
    if behaviour["ViewerProtocolPolicy"] != "redirect-to-https":
        yield "the distribution serves plain HTTP"
    if "ResponseHeadersPolicyId" not in behaviour:
        yield "the distribution sends no security headers"
    policy = template["Resources"]["WebBucketPolicy"]["Properties"]["PolicyDocument"]
    for statement in policy["Statement"]:
        if statement["Effect"] == "Allow" and "Condition" not in statement:
            yield "every CloudFront distribution may read the bucket"

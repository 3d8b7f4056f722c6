"""The edge: domains, the firewall, and logs of CloudFront, which are all off by default."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.gateway.intrinsics import StackResolver
from project import template as stack
from project.template import ROOT, Template
from tests.template.rules import changed, resources, rule, without

EXAMPLE = stack.parsed((ROOT / "examples" / "web-firewall" / "template.yaml").read_text())

FIREWALL = ("ApiWebAcl", "Properties")
RULES = (*FIREWALL, "Rules")
DISTRIBUTION = ("WebDistribution", "Properties", "DistributionConfig")

DOMAINS = {
    "ApiDomain": "api.shop.example",
    "LiveDomain": "live.shop.example",
    "WebDomain": "shop.example",
    "ApiCertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/1",
    "WebCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/2",
    "Web": "true",
}
FIREWALL_ARN = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/3"

FREE_TEXT = {
    *("SizeRestrictions_BODY", "CrossSiteScripting_BODY", "EC2MetaDataSSRF_BODY"),
    *("GenericLFI_BODY", "GenericRFI_BODY", "NoUserAgent_HEADER"),
}
"""The managed rules that would refuse what a shop must accept."""


class Resolved(StackResolver):
    """The template with values of its parameters. What a resource has is a name."""

    def _attribute(self, resource: str, attribute: str) -> str:
        return f"{resource}.{attribute}"

    def created(self) -> set[str]:
        """Return the resources that a stack with these parameters has."""
        return {
            name
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }

    def properties(self, name: str) -> Any:
        return self.resolve(self.template["Resources"][name]["Properties"])


def deployed(**parameters: str) -> Resolved:
    template = stack.translated()
    ids = {name: name for name in template["Resources"]}
    return Resolved("shop", "eu-west-1", "123456789012", ids, parameters, template)


def test_without_parameters_there_is_nothing_of_the_edge() -> None:
    names = deployed().created()

    assert [name for name in names if re.search("Domain|WebAcl|Record|WebLogs", name)] == []


@pytest.mark.parametrize(
    ("parameters", "more"),
    [
        ({"ApiDomain": "api.shop.example"}, {"ApiDomainName", "ApiDomainMapping"}),
        ({"LiveDomain": "live.shop.example"}, {"LiveDomainName", "LiveDomainMapping"}),
        ({"WebDomain": "shop.example"}, set()),
        ({"ApiFirewall": "true"}, {"ApiWebAcl", "ApiWebAclAssociation"}),
        ({"WebLogs": "true"}, {"WebLogsBucket", "WebLogsBucketPolicy"}),
        ({"HostedZoneId": "Z1"}, set()),
        (
            DOMAINS | {"HostedZoneId": "Z1"},
            {
                *("ApiDomainName", "ApiDomainMapping", "ApiDomainRecord"),
                *("LiveDomainName", "LiveDomainMapping", "LiveDomainRecord"),
                *("WebDomainRecord", "WebDomainRecordOfIPv6"),
            },
        ),
    ],
)
def test_each_parameter_creates_what_it_needs(parameters: dict[str, str], more: set[str]) -> None:
    web = {"Web": "true"}

    created = deployed(**web | parameters).created()

    assert created == deployed(**web).created() | more


def test_the_web_client_may_reach_the_domains_and_no_other_name_of_the_api() -> None:
    headers = stack.translated()["Resources"]["WebHeaders"]["Properties"]
    security = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    policy = deployed(**DOMAINS).resolve(security["ContentSecurityPolicy"])

    assert "https://api.shop.example wss://live.shop.example" in policy["ContentSecurityPolicy"]
    assert "execute-api" not in policy["ContentSecurityPolicy"]


def test_clients_connect_to_the_domain_of_live_events() -> None:
    variables = deployed(**DOMAINS).properties("LiveFunction")["Environment"]["Variables"]

    assert variables["LIVE_ADDRESS"] == "wss://live.shop.example"
    assert variables["LIVE_URL"] == "LiveApi.ApiEndpoint/v1"


def test_the_distribution_has_its_domain_with_a_modern_version_of_tls() -> None:
    config = deployed(**DOMAINS).properties("WebDistribution")["DistributionConfig"]

    assert config["Aliases"] == ["shop.example"]
    assert config["ViewerCertificate"] == {
        "AcmCertificateArn": DOMAINS["WebCertificateArn"],
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }


def test_the_distribution_has_no_firewall_and_no_logs_unless_they_are_asked_for() -> None:
    plain = deployed(Web="true").properties("WebDistribution")["DistributionConfig"]
    more = deployed(Web="true", WebLogs="true", WebFirewallArn=FIREWALL_ARN)
    config = more.properties("WebDistribution")["DistributionConfig"]

    assert plain.keys() & {"Aliases", "Logging", "ViewerCertificate", "WebACLId"} == set()
    assert config["WebACLId"] == FIREWALL_ARN
    assert config["Logging"]["Bucket"] == "WebLogsBucket.DomainName"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("WebCertificateArn", "arn:aws:acm:eu-west-1:123456789012:certificate/2"),
        ("WebFirewallArn", "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/3"),
        ("ApiDomain", "https://api.shop.example"),
        ("LiveDomain", "api.shop.example/live"),
        ("WebDomain", "*.shop.example"),
    ],
)
def test_a_value_that_cannot_work_is_refused_at_once(parameter: str, value: str) -> None:
    pattern = stack.raw()["Parameters"][parameter]["AllowedPattern"]
    good = {**DOMAINS, "WebFirewallArn": FIREWALL_ARN}[parameter]

    assert re.fullmatch(pattern, good)
    assert not re.fullmatch(pattern, value)


@rule(
    changed(*FIREWALL, "VisibilityConfig", "SampledRequestsEnabled", to=True),
    changed(*RULES, 3, "VisibilityConfig", "SampledRequestsEnabled", to=True),
    changed("Logging", to={"Type": "AWS::WAFv2::LoggingConfiguration"}),
    changed(*DISTRIBUTION, "Logging", "Fn::If", 1, "IncludeCookies", to=True),
)
def test_nothing_at_the_edge_keeps_tokens_or_cookies(template: Template) -> Iterator[str]:
    """A sample or a log line of the firewall has all headers, and so the caller's token."""
    for name, acl in resources(template, "AWS::WAFv2::WebACL"):
        if '"SampledRequestsEnabled": true' in json.dumps(acl):
            yield f"{name} keeps samples of requests"
    for name, _ in resources(template, "AWS::WAFv2::LoggingConfiguration"):
        yield f"{name} writes requests with their headers"
    for name, distribution in resources(template, "AWS::CloudFront::Distribution"):
        if '"IncludeCookies": true' in json.dumps(distribution):
            yield f"{name} writes cookies to its logs"


@rule(
    without("WebLogsBucket", "Properties", "LifecycleConfiguration"),
    changed(
        *("WebLogsBucket", "Properties", "LifecycleConfiguration", "Rules", 0, "ExpirationInDays"),
        to=3653,
    ),
)
def test_the_logs_of_the_distribution_expire_like_all_logs(template: Template) -> Iterator[str]:
    bucket = template["Resources"]["WebLogsBucket"]["Properties"]
    lifecycle = bucket.get("LifecycleConfiguration", {}).get("Rules", [])
    if [each["ExpirationInDays"] for each in lifecycle] != [{"Ref": "LogRetentionDays"}]:
        yield "WebLogsBucket keeps logs longer than LogRetentionDays"


@rule(
    without(*RULES, 0),
    without(*RULES, 3, "Statement", "ManagedRuleGroupStatement", "RuleActionOverrides"),
    changed(*FIREWALL, "Scope", to="CLOUDFRONT"),
)
def test_the_firewall_limits_addresses_and_accepts_what_people_write(
    template: Template,
) -> Iterator[str]:
    acl = template["Resources"]["ApiWebAcl"]["Properties"]
    if acl["Scope"] != "REGIONAL":
        yield "ApiWebAcl cannot be in front of an API"
    statements = [each["Statement"] for each in acl["Rules"]]
    if not any("RateBasedStatement" in each for each in statements):
        yield "ApiWebAcl has no limit per address"
    groups = [each.get("ManagedRuleGroupStatement", {}) for each in statements]
    counted = {
        override["Name"]
        for group in groups
        for override in group.get("RuleActionOverrides", [])
        if override["ActionToUse"] == {"Count": {}}
    }
    if counted != FREE_TEXT:
        yield f"ApiWebAcl counts {counted}"


def test_the_example_for_cloudfront_has_the_rules_that_files_need() -> None:
    """The common rules are about bodies and forms, and a distribution serves files."""
    [acl] = [each["Properties"] for each in EXAMPLE["Resources"].values()]
    ours = {each["Name"] for each in stack.raw()["Resources"]["ApiWebAcl"]["Properties"]["Rules"]}

    assert acl["Scope"] == "CLOUDFRONT"
    assert {each["Name"] for each in acl["Rules"]} == ours - {"Common"}
    assert '"SampledRequestsEnabled": true' not in json.dumps(acl)

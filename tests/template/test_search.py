"""Search: a closed domain, and nobody in it who does not need to be."""

import re
from collections.abc import Iterator

from project.template import Template
from tests.template.convention import changed, convention, listed, resources, without
from tests.template.test_permissions import allowed

DOMAIN = ("SearchDomain", "Properties")
POLICY = ("SearchIndexerFunctionRole", "Properties", "Policies", 1, "Fn::If", 1)
STATEMENTS = (*POLICY, "PolicyDocument", "Statement")

# What stands for the names of indexes and of rebuilds, which come with time.
WILDCARD = re.compile(r"\$\{SearchIndex\}\.(next\.)?\*(/_bulk|/_refresh)?$")


@convention(
    without(*DOMAIN, "EncryptionAtRestOptions"),
    changed(*DOMAIN, "NodeToNodeEncryptionOptions", "Enabled", to=False),
)
def test_every_domain_is_encrypted(template: Template) -> Iterator[str]:
    for name, domain in resources(template, "AWS::OpenSearchService::Domain"):
        for option in ("EncryptionAtRestOptions", "NodeToNodeEncryptionOptions"):
            if domain.get(option) != {"Enabled": True}:
                yield f"{name} has no {option}"


@convention(
    without(*DOMAIN, "DomainEndpointOptions"),
    changed(*DOMAIN, "DomainEndpointOptions", "EnforceHTTPS", to=False),
    changed(*DOMAIN, "DomainEndpointOptions", "TLSSecurityPolicy", to="Policy-Min-TLS-1-0-2019-07"),
)
def test_every_domain_takes_tls_of_today_alone(template: Template) -> Iterator[str]:
    for name, domain in resources(template, "AWS::OpenSearchService::Domain"):
        options = domain.get("DomainEndpointOptions", {})
        if options.get("EnforceHTTPS") is not True:
            yield f"{name} answers over plain HTTP"
        if not options.get("TLSSecurityPolicy", "").startswith("Policy-Min-TLS-1-2-"):
            yield f"{name} takes TLS of {options.get('TLSSecurityPolicy')}"


@convention(
    without(*DOMAIN, "LogPublishingOptions", "INDEX_SLOW_LOGS"),
    changed(*DOMAIN, "LogPublishingOptions", "ES_APPLICATION_LOGS", "Enabled", to=False),
)
def test_every_domain_logs(template: Template) -> Iterator[str]:
    for name, domain in resources(template, "AWS::OpenSearchService::Domain"):
        for log in ("ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS"):
            if not domain.get("LogPublishingOptions", {}).get(log, {}).get("Enabled"):
                yield f"{name} has no {log}"


@convention(
    changed(*DOMAIN, "AccessPolicies", to={"Statement": []}),
)
def test_a_domain_lets_in_those_alone_whose_role_says_so(template: Template) -> Iterator[str]:
    """Allowed by identity, and not by resource, is allowed (OpenSearch Service guide, "Identity
    and Access Management", "When policies collide")."""
    for name, domain in resources(template, "AWS::OpenSearchService::Domain"):
        if "AccessPolicies" in domain:
            yield f"{name} has a policy of its own"


@convention(
    changed(*STATEMENTS, 0, "Resource", to={"Fn::Sub": "${SearchDomain.Arn}/*"}),
    changed(*STATEMENTS, 1, "Resource", 1, to={"Fn::Sub": "${SearchDomain.Arn}/*/_bulk"}),
    changed(*STATEMENTS, 1, "Resource", 0, to={"Fn::Sub": "${SearchDomain.Arn}/${SearchIndex}*"}),
    changed(*STATEMENTS, 2, "Resource", to={"Fn::GetAtt": ["SearchDomain", "Arn"]}),
)
def test_every_path_of_a_domain_is_named(template: Template) -> Iterator[str]:
    for name, statement in allowed(template):
        if any(action.startswith("es:") for action in listed(statement["Action"])):
            for resource in listed(statement["Resource"]):
                path = resource.get("Fn::Sub", "").removeprefix("${SearchDomain.Arn}/")
                if not path or ("*" in path and not WILDCARD.search(path)):
                    yield f"{name} allows {statement['Action']} on {resource}"


@convention(
    without("SearchDomainStatusAlarm"),
    changed("SearchDomainStatusAlarm", "Properties", "MetricName", to="ClusterStatus.yellow"),
    changed("SearchDomainStorageAlarm", "Properties", "Statistic", to="Average"),
    changed("SearchDomainStorageAlarm", "Properties", "Threshold", to=100),
    changed("SearchDomainStorageAlarm", "Properties", "Threshold", to=2560),
    changed(*DOMAIN, "EBSOptions", "VolumeSize", to=100),
    changed("SearchDomainStatusAlarm", "Condition", to="HasAlarmEmail"),
)
def test_every_domain_has_alarms_for_a_lost_index_and_a_full_disk(
    template: Template,
) -> Iterator[str]:
    """As the OpenSearch Service guide has it, "Recommended CloudWatch alarms"."""
    for name, domain in resources(template, "AWS::OpenSearchService::Domain"):
        quarter = int(for_indexes(domain["EBSOptions"]["VolumeSize"] * 1024) / 4)
        watched = [
            (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"])
            for alarm_name, alarm in resources(template, "AWS::CloudWatch::Alarm")
            if {"Name": "DomainName", "Value": {"Ref": name}} in alarm["Dimensions"]
            and template["Resources"][alarm_name].get("Condition") == "CreatesSearchDomain"
        ]
        if ("ClusterStatus.red", "Maximum", 1) not in watched:
            yield f"nobody hears that {name} has lost an index"
        if ("FreeStorageSpace", "Minimum", quarter) not in watched:
            yield f"nobody hears that the disk of {name} fills"


def for_indexes(disk: float) -> float:
    """What a node's disk leaves for indexes, in MiB. `FreeStorageSpace` never shows more.

    OpenSearch Service guide, "Calculating storage requirements": Linux reserves 5 %, and the
    service 20 %, 20 GiB at most; their shares multiply.
    """
    beside_linux = disk * 0.95
    return beside_linux - min(beside_linux * 0.2, 20 * 1024)

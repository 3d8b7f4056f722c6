"""Search: the changes that it follows; the domain's encryption, access, logs and alarms."""

import re
from collections.abc import Iterator

from project.template import Template
from tests.template.event_sources import DAY, filters, stream_sources
from tests.template.rules import changed, listed, referred, resources, rule, without
from tests.template.test_permissions import allowed

DOMAIN = ("SearchDomain", "Properties")
POLICY = ("SearchIndexerFunctionRole", "Properties", "Policies", 1, "Fn::If", 1)
STATEMENTS = (*POLICY, "PolicyDocument", "Statement")

# The only wildcards in paths: the names of indexes, which a rebuild creates.
WILDCARD = re.compile(r"\$\{SearchIndex\}\.(next\.)?\*(/_bulk|/_refresh)?$")


@rule(
    changed(
        *("SearchIndexerFunctionImages", "Properties", "FilterCriteria"),
        to={"Filters": [{"Pattern": '{"eventName": ["INSERT", "MODIFY"]}'}]},
    ),
    changed("SearchIndexerFunctionOrders", "Properties", "StartingPosition", to="LATEST"),
    changed("SearchIndexerFunctionImages", "Properties", "MaximumRetryAttempts", to=20),
    changed("SearchIndexerFunctionOrders", "Properties", "MaximumRecordAgeInSeconds", to=3600),
    without("SearchIndexerFunctionImages"),
)
def test_search_follows_every_change(template: Template) -> Iterator[str]:
    """fault 49. Retries last for as long as the stream keeps records, if OpenSearch is down."""
    sources = {
        referred(source["EventSourceArn"]): source
        for _, source in stream_sources(template)
        if referred(source["FunctionName"]) == "SearchIndexerFunction"
    }
    variables = template["Resources"]["SearchIndexerFunction"]["Properties"]["Environment"]
    tables = {name: value for name, value in variables["Variables"].items() if "_TABLE" in name}
    for table in filter(None, map(referred, tables.values())):
        source = sources.get(table, {})
        if filters(source):
            yield f"search ignores some changes of {table}"
        if source.get("StartingPosition") != "TRIM_HORIZON":
            yield f"search ignores the first changes of {table}"
        if source.get("MaximumRetryAttempts") != 10_000:
            yield f"search may give up changes of {table} before an outage ends"
        if source.get("MaximumRecordAgeInSeconds", 0) < DAY - 2 * 3600:
            yield f"search gives up changes of {table} long before the stream deletes them"


@rule(
    without(*DOMAIN, "EncryptionAtRestOptions"),
    changed(*DOMAIN, "NodeToNodeEncryptionOptions", "Enabled", to=False),
)
def test_every_domain_is_encrypted(template: Template) -> Iterator[str]:
    for name, domain in resources(template, "AWS::OpenSearchService::Domain"):
        for option in ("EncryptionAtRestOptions", "NodeToNodeEncryptionOptions"):
            if domain.get(option) != {"Enabled": True}:
                yield f"{name} has no {option}"


@rule(
    without(*DOMAIN, "DomainEndpointOptions"),
    changed(*DOMAIN, "DomainEndpointOptions", "EnforceHTTPS", to=False),
    changed(*DOMAIN, "DomainEndpointOptions", "TLSSecurityPolicy", to="Policy-Min-TLS-1-0-2019-07"),
)
def test_every_domain_requires_current_tls(template: Template) -> Iterator[str]:
    for name, domain in resources(template, "AWS::OpenSearchService::Domain"):
        options = domain.get("DomainEndpointOptions", {})
        if options.get("EnforceHTTPS") is not True:
            yield f"{name} accepts plain HTTP"
        if not options.get("TLSSecurityPolicy", "").startswith("Policy-Min-TLS-1-2-"):
            yield f"{name} has the TLS policy {options.get('TLSSecurityPolicy')}"


@rule(
    without(*DOMAIN, "LogPublishingOptions", "INDEX_SLOW_LOGS"),
    changed(*DOMAIN, "LogPublishingOptions", "ES_APPLICATION_LOGS", "Enabled", to=False),
)
def test_every_domain_writes_all_logs(template: Template) -> Iterator[str]:
    for name, domain in resources(template, "AWS::OpenSearchService::Domain"):
        for log in ("ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS"):
            if not domain.get("LogPublishingOptions", {}).get(log, {}).get("Enabled"):
                yield f"{name} has no {log}"


@rule(
    changed(*DOMAIN, "AccessPolicies", to={"Statement": []}),
)
def test_access_to_a_domain_is_granted_by_roles_only(template: Template) -> Iterator[str]:
    """Without an access policy, the policies of roles decide (OpenSearch Service guide, "Identity
    and Access Management", "When policies collide")."""
    for name, domain in resources(template, "AWS::OpenSearchService::Domain"):
        if "AccessPolicies" in domain:
            yield f"{name} has an access policy"


@rule(
    changed(*STATEMENTS, 0, "Resource", to={"Fn::Sub": "${SearchDomain.Arn}/*"}),
    changed(*STATEMENTS, 1, "Resource", 1, to={"Fn::Sub": "${SearchDomain.Arn}/*/_bulk"}),
    changed(*STATEMENTS, 1, "Resource", 0, to={"Fn::Sub": "${SearchDomain.Arn}/${SearchIndex}*"}),
    changed(*STATEMENTS, 2, "Resource", to={"Fn::GetAtt": ["SearchDomain", "Arn"]}),
)
def test_every_policy_names_the_paths_of_a_domain(template: Template) -> Iterator[str]:
    for name, statement in allowed(template):
        if any(action.startswith("es:") for action in listed(statement["Action"])):
            for resource in listed(statement["Resource"]):
                path = resource.get("Fn::Sub", "").removeprefix("${SearchDomain.Arn}/")
                if not path or ("*" in path and not WILDCARD.search(path)):
                    yield f"{name} does not name a path of the domain: {resource}"


@rule(
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
    """OpenSearch Service guide, "Recommended CloudWatch alarms"."""
    for name, domain in resources(template, "AWS::OpenSearchService::Domain"):
        quarter = int(for_indexes(domain["EBSOptions"]["VolumeSize"] * 1024) / 4)
        watched = [
            (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"])
            for alarm_name, alarm in resources(template, "AWS::CloudWatch::Alarm")
            if {"Name": "DomainName", "Value": {"Ref": name}} in alarm.get("Dimensions", [])
            and template["Resources"][alarm_name].get("Condition") == "CreatesSearchDomain"
        ]
        if ("ClusterStatus.red", "Maximum", 1) not in watched:
            yield f"no alarm watches whether {name} has lost an index"
        if ("FreeStorageSpace", "Minimum", quarter) not in watched:
            yield f"no alarm watches the free space of {name}"


def for_indexes(disk: float) -> float:
    """Return the space for indexes on a node's disk, both in MiB.

    It is the largest value of `FreeStorageSpace`. Linux reserves 5 % of the disk, and the service
    20 % of the rest, at most 20 GiB (OpenSearch Service guide, "Calculating storage requirements").
    """
    beside_linux = disk * 0.95
    return beside_linux - min(beside_linux * 0.2, 20 * 1024)

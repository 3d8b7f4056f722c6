"""The rules themselves: they show what they find, and no breach changes the template."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import pytest

from project import template
from project.template import Template
from tests.template.rules import Breach, changed, replaced, resources, rule, without

TEMPLATE: Template = {
    "Resources": {
        "Open": {"Type": "AWS::SQS::Queue", "Properties": {"Tags": [{"Value": "open"}]}},
        "Late": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 900}},
        "Slow": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 60}},
    }
}
WITHOUT_DELAYS: Template = {"Resources": {"Open": TEMPLATE["Resources"]["Open"]}}


def no_queue_delays(template: Template) -> Iterator[str]:
    """Customers wait for their orders."""
    for name, queue in resources(template, "AWS::SQS::Queue"):
        if queue.get("DelaySeconds"):
            yield f"{name} delays messages by {queue['DelaySeconds']} s"


def test_a_broken_rule_shows_all_findings_and_the_reason() -> None:
    test = rule(of=lambda: TEMPLATE)(no_queue_delays)

    with pytest.raises(pytest.fail.Exception) as failure:
        test(None)

    assert str(failure.value) == (
        "template.yaml breaks the rule: no queue delays\n"
        "(Customers wait for their orders.)\n"
        "- Late delays messages by 900 s\n"
        "- Slow delays messages by 60 s"
    )


def test_a_breach_that_the_rule_does_not_find_is_named() -> None:
    breach = changed("Open", "Properties", "FifoQueue", to=True)
    test = rule(breach, of=lambda: WITHOUT_DELAYS)(no_queue_delays)

    with pytest.raises(pytest.fail.Exception, match="does not find this breach: Open FifoQueue is"):
        test(breach)


def test_a_rule_that_holds_and_finds_its_breach_passes() -> None:
    breach = changed("Open", "Properties", "DelaySeconds", to=1)
    test = rule(breach, of=lambda: WITHOUT_DELAYS)(no_queue_delays)

    test(None)
    test(breach)


@pytest.mark.parametrize(
    "breach",
    [
        without("Gone", "Properties", "DelaySeconds"),
        without("Open", "Properties", "DelaySeconds"),
        changed("Open", "Properties", "Tags", 1, "Value", to="closed"),
        replaced("Open", "Properties", "Tags", 0, "Value", old="missing", new="closed"),
    ],
    ids=lambda breach: breach.name,
)
def test_a_breach_that_does_not_fit_the_template_says_so(breach: Breach) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"has nothing to|does not contain"):
        breach.made_to(TEMPLATE)


def test_a_breach_changes_one_place_of_a_copy() -> None:
    before = copy.deepcopy(TEMPLATE)

    broken = changed("Open", "Properties", "Tags", 0, "Value", to="closed").made_to(TEMPLATE)

    assert broken["Resources"]["Open"]["Properties"] == {"Tags": [{"Value": "closed"}]}
    assert broken["Resources"]["Late"] is TEMPLATE["Resources"]["Late"]
    assert before == TEMPLATE


def test_a_breach_leaves_the_translated_template_unchanged() -> None:
    responses = ("Api", "Properties", "Body", "x-amazon-apigateway-gateway-responses")
    before = json.dumps(template.translated())

    without(*responses, "DEFAULT_4XX").made_to(template.translated())

    assert json.dumps(template.translated()) == before

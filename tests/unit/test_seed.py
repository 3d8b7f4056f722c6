"""The shop of make seed: the same each time, and valid."""

from __future__ import annotations

from common import json_schema
from common.groups import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH
from common.image_formats import content_type
from common.orders import SCHEMA
from local.seed import catalogue
from local.seed.pictures import PICTURES, pictures


def test_each_run_has_the_same_content() -> None:
    assert catalogue.orders() == catalogue.orders()
    assert list(pictures()) == list(pictures())


def test_every_order_is_one_that_the_api_accepts() -> None:
    orders = catalogue.orders()

    validate = json_schema.validator(SCHEMA)
    for order in orders:
        validate(order.body)
    assert len({order.id for order in orders}) == catalogue.ORDERS


def test_some_orders_are_refused_to_their_own_users_and_some_to_others() -> None:
    orders = catalogue.orders()

    assert sum(order.second is not None for order in orders) == 10
    assert sum(order.taken_by != "" for order in orders) == 5
    assert all(order.taken_by != order.user for order in orders)
    assert (orders[-1].second, orders[-1].taken_by) == (None, "")


def test_pictures_are_of_their_announced_types_and_differ() -> None:
    *drawings, broken, announced = pictures()

    contents = [each.content for each in drawings if each.content]
    assert [content_type(each) for each in contents] == [each.content_type for each in drawings]
    assert len(set(contents)) == PICTURES
    assert broken.content is not None
    assert content_type(broken.content) is None
    assert announced.content is None


def test_groups_have_the_lengths_that_the_api_accepts() -> None:
    for name, description in catalogue.GROUPS.items():
        assert len(name) <= MAX_NAME_LENGTH
        assert len(description) <= MAX_DESCRIPTION_LENGTH

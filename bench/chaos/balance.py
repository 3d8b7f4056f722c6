"""The books of a run: what the clients know, compared with what the shop has."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from functools import partial
from itertools import pairwise

from bench.books import Events, order_problems, stored_orders
from bench.chaos.clients import BUYERS, Customers, address_of
from bench.chaos.ledger import Ledger
from bench.chaos.lists import Balance, Lists
from common.order_states import State, allowed
from common.orders import Order
from local.api_user import request
from local.emulator_clients import Outputs, client
from local.listener import TopicListener

_ORDER_ID = re.compile(r"Order ([0-9a-f-]{36}) of")  # in an email to a buyer


class Books:
    """Compares a ledger with a stack."""

    def __init__(
        self, outputs: Outputs, customers: Customers, ledger: Ledger, *, search: bool
    ) -> None:
        self._outputs = outputs
        self._customers = customers
        self._ledger = ledger
        self._search = search
        self._listener = TopicListener(
            outputs["OrderEventsTopic"], partial(client, outputs=outputs)
        )

    def hidden_events(self) -> int:
        """Return how many published events the books cannot see yet."""
        return self._listener.hidden()

    def balance(self) -> Balance:
        """Compare everything. What is still under way is a problem too, so look again."""
        balance = Balance()
        stored = stored_orders(client("dynamodb", self._outputs), self._outputs["OrdersTable"])
        self._orders(stored, balance)
        self._transitions(stored, balance)
        self._emails(stored, balance)
        lists = Lists(self._customers, self._ledger, balance)
        lists.messages()
        lists.pictures()
        if self._search:
            lists.index()
        balance.counts["live events heard"] = len(self._ledger.heard)
        return balance

    def _orders(self, stored: dict[str, Order], balance: Balance) -> None:
        ledger = self._ledger
        accepted: dict[str, list[str]] = {}
        buyers = {order.order_id: order.buyer for order in ledger.orders}
        for sent in (*ledger.orders, *ledger.conflicts):
            accepted.setdefault(sent.order_id, []).append(sent.content["item"])
        doubtful = [
            each for each, items in accepted.items() if each not in stored or len(items) > 1
        ]
        refused = {each for each in doubtful if self._is_refused(buyers[each], each)}
        events = Events.of(json.loads(each) for each in self._listener.received())
        balance.problems += order_problems(accepted, stored, refused, events)
        for order in stored.values():
            if order.order["item"] not in ledger.attempted:
                balance.problems.append(f"nobody sent the order {order.orderID}")
        for sent in ledger.orders:
            buyer = self._customers.users[sent.buyer].sub
            if (found := stored.get(sent.order_id)) and found.placedBy != buyer:
                balance.problems.append(f"order {sent.order_id} belongs to somebody else")
        balance.counts |= {
            "orders accepted": len(ledger.orders) + len(ledger.conflicts),
            "orders stored": len(stored),
            "orders refused, with a reason": len(refused),
            "events published": sum(map(len, events.copies.values())),
            "events published again": events.repeated,
        }

    def _is_refused(self, buyer: str, order_id: str) -> bool:
        answer = self._customers.until_answered(buyer, "GET", f"/orders/{order_id}")
        return answer.status == 409 or (answer.status == 200 and "refused" in answer.body)

    def _transitions(self, stored: dict[str, Order], balance: Balance) -> None:
        confirmed = Counter(
            (change.order_id, change.version, change.state) for change in self._ledger.transitions
        )
        made = {
            (order.orderID, version, str(change.state))
            for order in stored.values()
            for version, change in enumerate(order.history, 2)
        }
        balance.problems += [
            f"the change {each} was confirmed and is not made" for each in confirmed - Counter(made)
        ]
        for order in stored.values():
            path = [State.PLACED, *(change.state for change in order.history)]
            for (before, after), change in zip(pairwise(path), order.history, strict=True):
                if after not in allowed(before, change.by):
                    balance.problems.append(f"order {order.orderID}: {before} became {after}")
        balance.counts["changes of orders confirmed"] = len(self._ledger.transitions)
        balance.counts["changes of orders made"] = len(made)

    def _emails(self, stored: dict[str, Order], balance: Balance) -> None:
        """Each version of an order is an email to its buyer."""
        url = self._outputs["GatewayUrl"] + "/_local/notifications.json"
        emails = request("GET", url).body["notifications"]
        sent: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for each in emails:
            subject, _, address = each["subject"].partition(", to ")
            if address and (found := _ORDER_ID.search(each["text"])):
                sent[found[1], address][subject] += 1
        names = {self._customers.users[name].sub: name for name in BUYERS}
        for order in stored.values():
            # Each version has another state, and the email about it another subject.
            count = len(sent[order.orderID, address_of(names[order.placedBy])])
            if count < order.version:
                text = f"order {order.orderID}: {count} of {order.version} emails to its buyer"
                balance.problems.append(text)
        total = sum(subjects.total() for subjects in sent.values())
        balance.counts["emails to buyers"] = total
        balance.counts["emails to buyers sent again"] = total - sum(map(len, sent.values()))

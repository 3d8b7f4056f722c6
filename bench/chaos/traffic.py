"""The traffic of a run: orders, changes, messages, pictures, searches, lists; at a fixed rate."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager

from bench import steady_clients
from bench.chaos.clients import BUYERS, STAFF, Customers
from bench.chaos.ledger import WORD, Ledger, SentMessage, SentOrder, Transition
from common.order_states import Role, State, allowed

CLIENTS = 6
REQUESTS_PER_SECOND = 6
"""Of all clients together. More would measure how the processes share the machine."""

_MAX_PICTURES = 250
"""Of all buyers, in any length of run: each of them may upload 300 per hour."""

_REPEATED = 0.15  # the share of orders that are placed twice
_CONFLICTING = 0.05  # the share of orders after which another one is sent under their id


class Traffic:
    """Sends requests of all kinds until it is stopped, and writes down what was confirmed."""

    def __init__(self, customers: Customers, seed: int, *, search: bool) -> None:
        self.ledger = Ledger()
        self._customers = customers
        self._seed = seed
        self._numbers = itertools.count(1)
        self._steps = {
            self.place: 8,
            self.change: 6,
            self.write: 3,
            self.show_picture: 1,
            self.read: 2,
            **({self.search: 1} if search else {}),
        }

    def sending(self) -> AbstractContextManager[None]:
        """Send requests during the context. Leaving it waits until each client has its answer."""
        clients = list(map(self._requests, range(CLIENTS)))
        return steady_clients.sending(clients, REQUESTS_PER_SECOND)

    def place(self, chance: random.Random) -> None:
        """Place an order, some of them twice, some of them followed by another under their id."""
        buyer, number = chance.choice(BUYERS), next(self._numbers)
        item = f"{WORD} lamp {number}"
        content = {"item": item, "quantity": chance.randrange(1, 9)}
        self.ledger.attempted.add(item)
        if chance.random() < 0.5:
            # A repeated POST is another order, so nobody repeats it.
            answer = self._customers.once(buyer, "POST", "/orders", content)
            if answer.status == 202:
                order_id = answer.body["orderID"]
                self.ledger.orders.append(SentOrder(order_id, buyer, content))
            return
        order_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        path = f"/orders/{order_id}"
        answer = self._customers.until_answered(buyer, "PUT", path, content)
        if answer.status != 202:
            return
        self.ledger.orders.append(SentOrder(order_id, buyer, content))
        if chance.random() < _REPEATED:
            self._customers.until_answered(buyer, "PUT", path, content)
        if chance.random() < _CONFLICTING:
            other = {"item": f"{WORD} other {number}"}
            self.ledger.attempted.add(other["item"])
            if self._customers.until_answered(buyer, "PUT", path, other).status == 202:
                self.ledger.conflicts.append(SentOrder(order_id, buyer, other))

    def change(self, chance: random.Random) -> None:
        """Let the shop take the next step with an order, or its buyer cancel it."""
        if not self.ledger.orders:
            return
        order = chance.choice(self.ledger.orders)
        path, key = f"/orders/{order.order_id}", str(uuid.UUID(int=chance.getrandbits(128)))
        shown = self._customers.until_answered(STAFF, "GET", f"/shop{path}")
        if shown.status != 200:  # not stored yet
            return
        state, version = State(shown.body["state"]), shown.body["version"]
        after = allowed(state, Role.STAFF)
        if not after:
            return
        body = {"state": chance.choice(after), "version": version}
        path = f"/shop{path}/state"
        answer = self._customers.until_answered(STAFF, "POST", path, body, key)
        if answer.status == 200:
            change = Transition(order.order_id, str(body["state"]), version + 1)
            self.ledger.transitions.append(change)

    def write(self, chance: random.Random) -> None:
        """Send a message to another buyer."""
        sender, recipient = chance.sample(BUYERS, 2)
        text = f"{WORD} words {next(self._numbers)}"
        self.ledger.attempted.add(text)
        body = {"to": recipient, "text": text}
        answer = self._customers.until_answered(sender, "POST", "/messages", body, key=text)
        if answer.status == 201:
            self.ledger.messages.append(SentMessage(sender, recipient, text))

    def show_picture(self, chance: random.Random) -> None:
        """Upload a picture."""
        if len(self.ledger.pictures) >= _MAX_PICTURES:
            return
        owner, title = chance.choice(BUYERS), f"{WORD} picture {next(self._numbers)}"
        self.ledger.attempted.add(title)
        image_id = self._customers.upload_picture(owner, title)
        if image_id:
            self.ledger.pictures[title] = owner, image_id

    def read(self, chance: random.Random) -> None:
        """Read one of the lists of a buyer, or of the shop."""
        path = chance.choice(["/orders", "/images", "/messages", "/shop/orders", "/shop/summary"])
        name = STAFF if path.startswith("/shop") else chance.choice(BUYERS)
        self._customers.once(name, "GET", path)

    def search(self, chance: random.Random) -> None:
        """Search for something."""
        self._customers.once(chance.choice(BUYERS), "GET", f"/search?q={WORD}")

    def _requests(self, number: int) -> Iterator[None]:
        """Be one client. What it does depends on the seed; when, on the machine."""
        chance = random.Random(f"{self._seed} {number}")
        steps, weights = list(self._steps), list(self._steps.values())
        while True:
            [step] = chance.choices(steps, weights)
            step(chance)
            yield
